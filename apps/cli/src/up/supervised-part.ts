import { setTimeout as delay } from 'node:timers/promises';
import { currentHalt, readPartRecord, type PartHalt } from '@hatchery/daemon';
import type { Config } from '@hatchery/config';
import { replacedLookMs, urgentRepeatMs } from '../limits.ts';
import type { PartName } from '../service/part.ts';
import { recordDone } from '../sessions/recorded.ts';
import { Backoff } from './backoff.ts';
import { ClosedDoor } from './closed-door.ts';
import { HaltedPart } from './halted-part.ts';
import { stopperOf } from './who-asked.ts';
import { startPart, type Manner, type PartProcess, type Place } from './part-process.ts';

/** What a part is started with. */
export interface SupervisionContext {
  readonly config: Config;
  readonly place: Place;
  readonly manner: Manner;
  /** Ends the first start half way. */
  readonly aborted: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * A part that is started again when it ends by itself, ever more slowly as long as it keeps
 * failing. One that somebody has asked to stop stays stopped until `hatchery start`. Neither is of
 * any consequence for the other parts.
 */
export class SupervisedPart {
  readonly name: PartName;
  readonly #config: Config;
  readonly #place: Place;
  readonly #say: (line: string) => void;
  readonly #backoff = new Backoff();
  readonly #halted: HaltedPart;
  readonly #stopping = new AbortController();
  #process: PartProcess;
  #readyAt = performance.now();
  readonly #door: ClosedDoor;
  readonly #running: Promise<void>;
  #ended = false;

  private constructor(first: PartProcess, { config, place, say }: SupervisionContext) {
    this.name = first.name;
    this.#process = first;
    this.#config = config;
    this.#place = place;
    this.#say = say;
    this.#halted = new HaltedPart(config, first.name, say);
    this.#halted.clearFor(first);
    const told = (halt: PartHalt): void => {
      say(`${this.name} was stopped by ${halt.reason}; it stays so until hatchery start`);
      void recordDone(config, { ...stopperOf(halt), verb: 'stop', target: this.name }, 'done', say);
    };
    this.#door = new ClosedDoor({ name: this.name, place, stopped: () => this.#stopped, told });
    this.#running = this.#keepUp().finally(async () => {
      this.#ended = true;
      await this.#door.end();
      this.#halted.clearOf(this.#process);
    });
  }

  /** @throws {PartStartError} when the first start fails; later ones are tried again for ever */
  static async start(name: PartName, context: SupervisionContext): Promise<SupervisedPart> {
    const { place, manner, aborted } = context;
    return new SupervisedPart(await startPart(name, place, aborted, manner), context);
  }

  get details(): PartProcess['details'] {
    return this.#process.details;
  }

  /** Asks the part to stop and resolves when it has. `urgent` makes it do so at once. */
  async stop(urgent: AbortSignal): Promise<void> {
    this.#process.signal('SIGTERM');
    await this.release(urgent);
  }

  /**
   * Lets the part end by itself and resolves when it has; it is not started again. `urgent` as of
   * {@link stop}.
   */
  async release(urgent: AbortSignal): Promise<void> {
    this.#stopping.abort();
    // The second signal is what a part takes for urgent. Two that come at once merge into one, so
    // it is repeated.
    const hurrying = setInterval(() => {
      if (urgent.aborted) this.#process.signal('SIGTERM');
    }, urgentRepeatMs);
    await this.#running.finally(() => clearInterval(hurrying));
  }

  /** Ends the part whatever it does; false when it has ended already. */
  kill(): boolean {
    if (this.#ended) return false;
    this.#process.signal('SIGKILL');
    return true;
  }

  /**
   * What stands written of a stop of our own process that was not ours, as long as no other one
   * serves.
   */
  get #stopped(): PartHalt | null {
    if (this.#stopping.signal.aborted) return null;
    const halt = currentHalt(this.#config, this.name);
    return halt?.state === 'stopped' && this.#halted.stopOf(this.#process) !== null ? halt : null;
  }

  async #keepUp(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      const ending = await this.#process.ended;
      await this.#whileReplaced();
      if (signal.aborted) return;
      const stop = this.#halted.stopOf(this.#process);
      if (stop === null) this.#say(`${this.name} ended with ${ending}; starting it again`);
      else {
        if (!(await this.#halted.resumed(signal))) return;
        await this.#door.open();
        this.#say(`${this.name} is started again`);
        this.#backoff.reset();
      }
      if (!(await this.#startAgain(stop === null ? `it ended with ${ending}` : null))) return;
    }
  }

  /**
   * Resolves when no successor has its place: it never had, it has ended itself, or we are stopped.
   */
  async #whileReplaced(): Promise<void> {
    const { pid, startTime } = this.#process;
    while (!this.#stopping.signal.aborted) {
      const record = readPartRecord(this.#config, this.name);
      // A successor is younger; an older one that lingers behind its last clients serves nobody
      // new.
      if (record === null || record.pid === pid || record.startTime < startTime) return;
      await delay(replacedLookMs, undefined, { signal: this.#stopping.signal }).catch(
        () => undefined,
      );
    }
  }

  /**
   * `failure` is what it has failed with; null when it has not. False when we are stopped
   * meanwhile.
   */
  async #startAgain(failure: string | null): Promise<boolean> {
    const { signal } = this.#stopping;
    let servedMs = performance.now() - this.#readyAt;
    for (let error = failure; ; servedMs = 0) {
      if (error !== null) await this.#waitAfter(error, servedMs);
      // A restart of everything may have brought up another one meanwhile.
      await this.#whileReplaced();
      if (signal.aborted) return false;
      try {
        this.#process = await startPart(this.name, this.#place, signal);
        this.#readyAt = performance.now();
        this.#halted.clearFor(this.#process);
        this.#say(
          `${this.name} is ready again (pid ${this.#process.pid})${linkAdvice(this.#process)}`,
        );
        return true;
      } catch (reason) {
        error = (reason as Error).message;
        if (!signal.aborted) this.#say(error);
      }
    }
  }

  async #waitAfter(failure: string, servedMs: number): Promise<void> {
    const waitMs = this.#backoff.failed(servedMs);
    const { failures } = this.#backoff;
    this.#halted.fail(failure, failures, waitMs);
    if (failures > 1)
      this.#say(`${this.name} failed ${failures} times in a row; next try in ${waitMs / 1000} s`);
    if (await this.#halted.resumed(this.#stopping.signal, waitMs)) this.#backoff.reset();
  }
}

/**
 * Not the link itself: these lines are kept in logs. A dashboard without one says its own address
 * in that place.
 */
function linkAdvice({ details: { url, signInUrl } }: PartProcess): string {
  const advice = '; who was signed in still is, and hatchery sign-in prints another link';
  return typeof signInUrl === 'string' && signInUrl !== url ? advice : '';
}

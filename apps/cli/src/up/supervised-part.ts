import { setTimeout as delay } from 'node:timers/promises';
import { readPartRecord } from '@hatchery/daemon';
import type { Config } from '@hatchery/config';
import { replacedLookMs, restartWindowMs, urgentRepeatMs } from '../limits.ts';
import type { PartName } from '../part.ts';
import { startPart, type Manner, type PartProcess, type Place } from './part-process.ts';
import { RestartBudget } from './restart-budget.ts';

/** What a part is started with. */
export interface SupervisionContext {
  readonly config: Config;
  readonly place: Place;
  readonly manner: Manner;
  /** Ends the first start half way. */
  readonly aborted: AbortSignal;
  readonly say: (line: string) => void;
}

/** A part that is started again when it ends by itself, within a budget. */
export class SupervisedPart {
  readonly name: PartName;
  readonly #config: Config;
  readonly #place: Place;
  readonly #say: (line: string) => void;
  readonly #budget = new RestartBudget();
  readonly #stopping = new AbortController();
  readonly #gaveUp = Promise.withResolvers<never>();
  #process: PartProcess;
  readonly #running: Promise<void>;
  #ended = false;

  private constructor(first: PartProcess, { config, place, say }: SupervisionContext) {
    this.name = first.name;
    this.#process = first;
    this.#config = config;
    this.#place = place;
    this.#say = say;
    this.#gaveUp.promise.catch(() => undefined);
    this.#running = this.#keepUp().finally(() => (this.#ended = true));
  }

  /** @throws {PartStartError} when the first start fails; later ones count against the budget */
  static async start(name: PartName, context: SupervisionContext): Promise<SupervisedPart> {
    const { place, manner, aborted } = context;
    return new SupervisedPart(await startPart(name, place, aborted, manner), context);
  }

  get details(): PartProcess['details'] {
    return this.#process.details;
  }

  /** Rejects when the budget is used up. */
  get failed(): Promise<never> {
    return this.#gaveUp.promise;
  }

  /** Asks the part to stop and resolves when it has. `urgent` makes it do so at once. */
  async stop(urgent: AbortSignal): Promise<void> {
    this.#process.signal('SIGTERM');
    await this.release(urgent);
  }

  /** Lets the part end by itself and resolves when it has; it is not started again. `urgent` as of {@link stop}. */
  async release(urgent: AbortSignal): Promise<void> {
    this.#stopping.abort();
    // The second signal is what a part takes for urgent. Two that come at once merge into one, so it is repeated.
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

  async #keepUp(): Promise<void> {
    for (;;) {
      const ending = await this.#process.ended;
      await this.#whileReplaced();
      if (this.#stopping.signal.aborted) return;
      this.#say(`${this.name} ended with ${ending}; starting it again`);
      if (!(await this.#startAgain())) return;
    }
  }

  /** Resolves when no successor has its place: it never had, it has ended itself, or we are stopped. */
  async #whileReplaced(): Promise<void> {
    const { pid, startTime } = this.#process;
    while (!this.#stopping.signal.aborted) {
      const record = readPartRecord(this.#config, this.name);
      // A successor is younger; an older one that lingers behind its last clients serves nobody new.
      if (record === null || record.pid === pid || record.startTime < startTime) return;
      await delay(replacedLookMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #startAgain(): Promise<boolean> {
    for (;;) {
      const waitMs = this.#budget.next(performance.now());
      if (waitMs === null) {
        const error = new Error(`${this.name} keeps failing: the restarts of ${restartWindowMs / 1000} s are used up`);
        this.#gaveUp.reject(error);
        return false;
      }
      try {
        await delay(waitMs, undefined, { signal: this.#stopping.signal });
        this.#process = await startPart(this.name, this.#place, this.#stopping.signal);
        this.#say(`${this.name} is ready again (pid ${this.#process.pid})${linkAdvice(this.#process)}`);
        return true;
      } catch (error) {
        if (this.#stopping.signal.aborted) return false;
        this.#say((error as Error).message);
      }
    }
  }
}

/** Not the link itself: these lines are kept in logs. A dashboard without one says its own address in that place. */
function linkAdvice({ details: { url, signInUrl } }: PartProcess): string {
  const advice = '; who was signed in still is, and hatchery sign-in prints another link';
  return typeof signInUrl === 'string' && signInUrl !== url ? advice : '';
}

import { setTimeout as delay } from 'node:timers/promises';
import { restartWindowMs, urgentRepeatMs } from '../limits.ts';
import type { PartName } from '../part.ts';
import { startPart, type PartProcess, type Place } from './part-process.ts';
import { RestartBudget } from './restart-budget.ts';

/** A part that is started again when it ends by itself, within a budget. */
export class SupervisedPart {
  readonly name: PartName;
  readonly #place: Place;
  readonly #say: (line: string) => void;
  readonly #budget = new RestartBudget();
  readonly #stopping = new AbortController();
  readonly #gaveUp = Promise.withResolvers<never>();
  #process: PartProcess;
  readonly #running: Promise<void>;
  #ended = false;

  private constructor(first: PartProcess, place: Place, say: (line: string) => void) {
    this.name = first.name;
    this.#process = first;
    this.#place = place;
    this.#say = say;
    this.#gaveUp.promise.catch(() => undefined);
    this.#running = this.#keepUp().finally(() => (this.#ended = true));
  }

  /** @throws {PartStartError} when the first start fails; later ones count against the budget */
  static async start(
    name: PartName,
    place: Place,
    aborted: AbortSignal,
    say: (line: string) => void,
  ): Promise<SupervisedPart> {
    return new SupervisedPart(await startPart(name, place, aborted), place, say);
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
    this.#stopping.abort();
    this.#process.signal('SIGTERM');
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
      if (this.#stopping.signal.aborted) return;
      this.#say(`${this.name} ended with ${ending}; starting it again`);
      if (!(await this.#startAgain())) return;
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
        this.#say(`${this.name} is ready again (pid ${this.#process.pid})${wayBackIn(this.#process)}`);
        return true;
      } catch (error) {
        if (this.#stopping.signal.aborted) return false;
        this.#say((error as Error).message);
      }
    }
  }
}

/** A dashboard that is started anew knows nobody, and its earlier link signs nobody in any more. */
function wayBackIn({ details: { signInUrl } }: PartProcess): string {
  return typeof signInUrl === 'string' ? `; to act on the page, sign in anew: ${signInUrl}` : '';
}

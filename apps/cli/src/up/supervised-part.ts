import { setTimeout as delay } from 'node:timers/promises';
import { restartWindowMs } from '../limits.ts';
import type { PartName } from '../part.ts';
import { startPart, type PartProcess } from './part-process.ts';
import { RestartBudget } from './restart-budget.ts';

/** A part that is started again when it ends by itself, within a budget. */
export class SupervisedPart {
  readonly #name: PartName;
  readonly #place: readonly string[];
  readonly #budget = new RestartBudget();
  readonly #stopping = new AbortController();
  readonly #gaveUp = Promise.withResolvers<never>();
  #process: PartProcess;
  #running: Promise<void>;

  private constructor(first: PartProcess, place: readonly string[]) {
    this.#name = first.name;
    this.#process = first;
    this.#place = place;
    this.#gaveUp.promise.catch(() => undefined);
    this.#running = this.#keepUp();
  }

  /** @throws {PartStartError} when the first start fails; later ones count against the budget */
  static async start(name: PartName, place: readonly string[], aborted: AbortSignal): Promise<SupervisedPart> {
    return new SupervisedPart(await startPart(name, place, aborted), place);
  }

  get details(): PartProcess['details'] {
    return this.#process.details;
  }

  /** Rejects when the budget is used up. */
  get failed(): Promise<never> {
    return this.#gaveUp.promise;
  }

  /** Asks the part to stop and resolves when it has. A second call makes it urgent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#process.signal('SIGTERM');
    await this.#running;
  }

  async #keepUp(): Promise<void> {
    for (;;) {
      const ending = await this.#process.ended;
      if (this.#stopping.signal.aborted) return;
      process.stderr.write(`hatchery: ${this.#name} ended with ${ending}; starting it again\n`);
      if (!(await this.#startAgain())) return;
    }
  }

  async #startAgain(): Promise<boolean> {
    for (;;) {
      const waitMs = this.#budget.next(performance.now());
      if (waitMs === null) {
        const error = new Error(`${this.#name} keeps failing: the restarts of ${restartWindowMs / 1000} s are used up`);
        this.#gaveUp.reject(error);
        return false;
      }
      try {
        await delay(waitMs, undefined, { signal: this.#stopping.signal });
        this.#process = await startPart(this.#name, this.#place, this.#stopping.signal);
        return true;
      } catch (error) {
        if (this.#stopping.signal.aborted) return false;
        process.stderr.write(`hatchery: ${(error as Error).message}\n`);
      }
    }
  }
}

import type { Logger } from '@hatchery/daemon';
import type { FeedState } from '@hatchery/events';
import { feedAwayMsMax } from '../limits.ts';

/** Tells the log of a feed. One that comes back at once, as in a restart, or that ends in our own stop, is no warning. */
export class FeedNotice implements Disposable {
  readonly #log: Logger;
  readonly #name: string;
  #late: NodeJS.Timeout | undefined;

  constructor(log: Logger, name: string) {
    this.#log = log;
    this.#name = name;
  }

  changed(state: FeedState): void {
    clearTimeout(this.#late);
    if (state.up) return this.#log.info(`${this.#name} is up`);
    const { reason } = state;
    this.#log.info({ reason }, `${this.#name} is down`);
    this.#late = setTimeout(() => this.#log.warn({ reason }, `${this.#name} stays down`), feedAwayMsMax);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#late);
  }
}

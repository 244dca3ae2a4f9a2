import type { Logger } from '@hatchery/daemon';
import { feedAwayMsMax } from '../limits.ts';
import type { LinkState } from './feed-link.ts';

/**
 * Tells the log of a feed. One that comes back at once, as in a restart, or that ends in our own
 * stop, is no warning. One that has not been up yet is no news at all: at a start the other parts
 * come up beside the page.
 */
export class FeedNotice implements Disposable {
  readonly #log: Logger;
  readonly #name: string;
  #late: NodeJS.Timeout | undefined;
  #wasUp = false;

  constructor(log: Logger, name: string) {
    this.#log = log;
    this.#name = name;
  }

  changed(state: LinkState): void {
    clearTimeout(this.#late);
    if (state.up) {
      this.#wasUp = true;
      return this.#log.info(`${this.#name} is up`);
    }
    const { reason } = state;
    if (this.#wasUp) this.#log.info({ reason }, `${this.#name} is down`);
    this.#late = setTimeout(
      () => this.#log.warn({ reason }, `${this.#name} stays down`),
      feedAwayMsMax,
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#late);
  }
}

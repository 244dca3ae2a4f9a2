import type { Logger } from '@hatchery/daemon';
import { refusalLogMs } from '../limits.ts';

/**
 * Logs refusals: the first at once, and those that follow it within a second as one line with their number. Under overload
 * a line for each would cost more than the refusals, and bury everything else.
 */
export class RefusalLog {
  readonly #log: Logger;
  #more = 0;
  #lastReason = '';
  #quiet: NodeJS.Timeout | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  refused(reason: string): void {
    if (this.#quiet !== null) {
      this.#more += 1;
      this.#lastReason = reason;
      return;
    }
    this.#log.warn({ reason }, 'fork refused');
    this.#beQuiet();
  }

  #beQuiet(): void {
    this.#quiet = setTimeout(() => {
      this.#quiet = null;
      if (this.#more === 0) return;
      this.#log.warn({ count: this.#more, lastReason: this.#lastReason }, 'more forks refused');
      this.#more = 0;
      this.#beQuiet();
    }, refusalLogMs);
    this.#quiet.unref();
  }
}

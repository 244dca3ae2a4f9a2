import type { Logger } from '@hatchery/daemon';
import { forkRefusalCodeOf } from '@hatchery/protocol';
import { refusalLogMs } from '../limits.ts';

/**
 * Logs refusals: the first at once, and those that follow it within a second as one line with their
 * number. Under overload a line for each would cost more than the refusals, and bury everything
 * else.
 */
export class RefusalLog {
  readonly #log: Logger;
  readonly #counts: Record<string, number> = {};
  #more = 0;
  #lastReason = '';
  #quiet: NodeJS.Timeout | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Since the start, by the code of the reason. */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  refused(reason: string): void {
    const code = forkRefusalCodeOf(reason);
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
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

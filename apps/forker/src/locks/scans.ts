import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@hatchery/daemon';
import { scanDirectoriesAtATime, sweepDirectoriesPerS, sweepPauseMs } from './limits.ts';
import { walkBranches } from './sweep.ts';

/**
 * Finds locks that nobody reported: all at once at start and on demand, and slowly in the
 * background for ever.
 */
export class Scans implements Disposable {
  readonly #root: string;
  readonly #visit: (directory: string) => void;
  readonly #log: Logger;
  readonly #ending = new AbortController();
  #running: Promise<number> | null = null;

  constructor(root: string, visit: (directory: string) => void, log: Logger) {
    this.#root = root;
    this.#visit = visit;
    this.#log = log;
  }

  /**
   * Reads everything once, and goes on slowly from then on. To be called when sessions report, so
   * that nothing falls between.
   */
  begin(): void {
    void this.#unlessEnded(async (signal) => {
      await this.scan();
      for (;;) {
        await delay(sweepPauseMs, undefined, { signal, ref: false });
        await this.#walk(async () =>
          delay(1000 / sweepDirectoriesPerS, undefined, { signal, ref: false }),
        );
      }
    });
  }

  /** A scan that nobody waits for. */
  request(): void {
    void this.#unlessEnded(async () => void (await this.scan()));
  }

  /**
   * Reads the whole root; joins a scan that runs already. Resolves with how many directories were
   * read.
   */
  scan(): Promise<number> {
    this.#running ??= this.#walk(async (directories) => {
      if (directories % scanDirectoriesAtATime === 0)
        await turn(undefined, { signal: this.#ending.signal });
    }).finally(() => (this.#running = null));
    return this.#running;
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
  }

  async #unlessEnded(look: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#ending;
    try {
      await look(signal);
    } catch (error) {
      if (!signal.aborted)
        this.#log.error({ err: error }, 'locks that nobody reports are not all looked for');
    }
  }

  #walk(pace: (directories: number) => Promise<void>): Promise<number> {
    // A walk goes on until it next pauses, and whoever it was for may be gone by then.
    const visit = (directory: string): void => {
      if (!this.#ending.signal.aborted) this.#visit(directory);
    };
    return walkBranches(this.#root, visit, pace, (directory, error) => {
      this.#log.warn(
        { directory, code: error.code },
        'a directory cannot be read; locks in it are not seen',
      );
    });
  }
}

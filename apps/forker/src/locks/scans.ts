import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@hatchery/daemon';
import { scanDirectoriesAtATime, sweepDirectoriesPerS, sweepPauseMs } from './limits.ts';
import { walkBranches } from './sweep.ts';

/**
 * Finds locks that no session reported: all at once at start and on request, and slowly in the
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
   * Reads everything once, then continues slowly. Call it when sessions report, so that no lock is
   * missed in between.
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

  /** A scan without a waiting client. */
  request(): void {
    void this.#unlessEnded(async () => void (await this.scan()));
  }

  /**
   * Reads the whole root; joins a scan that already runs. Resolves with the number of directories.
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
    // A walk continues until it next pauses, and by then its caller may be gone.
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

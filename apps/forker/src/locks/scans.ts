import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@hatchery/daemon';
import { scanDirectoriesAtATime, sweepDirectoriesPerS, sweepPauseMs } from './limits.ts';
import { walkBranches } from './sweep.ts';

/** Finds locks that nobody reported: all at once at start and on demand, and slowly in the background for ever. */
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
    void this.#sweep();
  }

  /** Reads the whole root; joins a scan that runs already. Resolves with how many directories were read. */
  scan(): Promise<number> {
    this.#running ??= this.#walk(async (directories) => {
      if (directories % scanDirectoriesAtATime === 0) await turn(undefined, { signal: this.#ending.signal });
    }).finally(() => (this.#running = null));
    return this.#running;
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#ending;
    try {
      await this.scan();
      for (;;) {
        await delay(sweepPauseMs, undefined, { signal, ref: false });
        await this.#walk(async () => delay(1000 / sweepDirectoriesPerS, undefined, { signal, ref: false }));
      }
    } catch (error) {
      if (!signal.aborted) this.#log.error({ err: error }, 'locks that nobody reports are not looked for any more');
    }
  }

  #walk(pace: (directories: number) => Promise<void>): Promise<number> {
    // A walk goes on until it next pauses, and whoever it was for may be gone by then.
    const visit = (directory: string): void => {
      if (!this.#ending.signal.aborted) this.#visit(directory);
    };
    return walkBranches(this.#root, visit, pace, (directory, error) => {
      this.#log.warn({ directory, code: error.code }, 'a directory cannot be read; locks in it are not seen');
    });
  }
}

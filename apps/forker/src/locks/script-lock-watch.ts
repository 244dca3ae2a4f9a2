import { watch, type FSWatcher } from 'node:fs';
import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import type { EventBody, Lock } from '@hatchery/events';
import { diffLocks } from '@hatchery/locks';
import { makeLocksDirectory, readScriptLocks, type KnownHolders } from '@hatchery/script-locks';
import { lookAgainMs, settleMs } from './limits.ts';

/**
 * Shows the locks of scripts: at once when one of our holders writes or removes its record, within
 * a second when other programs lock.
 */
export class ScriptLockWatch implements Disposable {
  readonly #directory: string;
  readonly #mode: number;
  readonly #log: Logger;
  readonly #publish: (events: readonly EventBody[]) => void;
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | null = null;
  #settling: NodeJS.Timeout | null = null;
  #locks: readonly Lock[];
  readonly #known: KnownHolders = new Map();
  #complained = false;

  /** `published` are the locks that the subscribers believe to be held. */
  constructor(
    { directory, mode }: Config['locks'],
    log: Logger,
    published: readonly Lock[],
    publish: (events: readonly EventBody[]) => void,
  ) {
    this.#locks = published;
    this.#directory = directory;
    this.#mode = mode;
    this.#log = log;
    this.#publish = publish;
    this.#timer = setInterval(() => this.look(), lookAgainMs);
    this.#watch();
    this.look();
  }

  find(id: string): Lock | undefined {
    return this.#locks.find((lock) => lock.id === id);
  }

  /** Checks now, and publishes the differences. */
  look(): void {
    try {
      const locks = readScriptLocks(this.#directory, this.#known);
      this.#publish(diffLocks(this.#locks, locks));
      this.#locks = locks;
      this.#complained = false;
    } catch (error) {
      // The same line every second would bury the log.
      if (!this.#complained) this.#log.error({ err: error }, 'the locks of scripts cannot be read');
      this.#complained = true;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#watcher?.close();
  }

  #watch(): void {
    try {
      makeLocksDirectory(this.#directory, this.#mode);
      this.#watcher = watch(this.#directory, () => {
        this.#settling ??= setTimeout(() => {
          this.#settling = null;
          this.look();
        }, settleMs);
      });
      this.#watcher.on('error', (error) =>
        this.#log.warn({ err: error }, 'locks of scripts show with delay'),
      );
    } catch (error) {
      this.#log.warn({ err: error }, 'locks of scripts show with delay');
    }
  }
}

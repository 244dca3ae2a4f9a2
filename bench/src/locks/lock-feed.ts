import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dialFeed, type FeedConnection } from '@hatchery/event-feed';
import type { FeedMessage } from '@hatchery/events';

/** How long the feed may take to match the disk once nothing changes any more. */
const settleMsMax = 10_000;

/** The branch locks on the feed, by path, and when each last appeared or disappeared. */
export class LockFeed implements AsyncDisposable {
  readonly nonces = new Map<string, string | null>();
  /** By path: `performance.now()` of the last event. */
  readonly toldAtMs = new Map<string, number>();
  /** Acquisitions and releases since the start. */
  changes = 0;
  readonly #pathOf = new Map<string, string>();
  readonly #connection: FeedConnection;

  constructor(controlSocket: string) {
    this.#connection = dialFeed(controlSocket, {
      message: (message) => this.#take(message),
      connection: () => undefined,
    });
  }

  /**
   * Waits until the feed has exactly the locks that exist below these branches. @throws the
   * difference, when it stays
   */
  async assertExact(branches: readonly string[], signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + settleMsMax;
    for (;;) {
      const wrong = branches.filter((branch) => this.nonceOf(branch) !== nonceOnDisk(branch));
      if (wrong.length === 0) return;
      if (performance.now() > deadline) {
        const [first = ''] = wrong;
        const what = `${this.nonceOf(first)} is told of ${first}, ${nonceOnDisk(first)} is on disk`;
        throw new Error(`the feed is wrong about ${wrong.length} locks: ${what}`);
      }
      await delay(20, undefined, { signal });
    }
  }

  nonceOf(branch: string): string | null {
    return this.nonces.get(lockPath(branch)) ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  #take(message: FeedMessage): void {
    if (message.type !== 'event') return;
    const { event } = message;
    if (event.kind === 'lock.acquired') {
      const { id, path, nonce } = event.lock;
      this.#pathOf.set(id, path);
      this.#change(path, nonce);
    } else if (event.kind === 'lock.released' || event.kind === 'lock.broken') {
      const path = this.#pathOf.get(event.id);
      this.#pathOf.delete(event.id);
      if (path !== undefined) this.#change(path, null);
    }
  }

  #change(path: string, nonce: string | null): void {
    this.changes += 1;
    this.nonces.set(path, nonce);
    this.toldAtMs.set(path, performance.now());
  }
}

/** The directory of a branch's lock. */
export function lockPath(branch: string): string {
  return join(branch, '.bzr/branch/lock');
}

function nonceOnDisk(branch: string): string | null {
  try {
    const info = readFileSync(join(lockPath(branch), 'held/info'), 'utf8');
    return /^nonce: (\S+)$/m.exec(info)?.[1] ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

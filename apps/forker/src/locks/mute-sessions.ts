import { scanAfterMuteMs } from './limits.ts';

/**
 * Sessions whose reports may have been lost: the keeper between them and this service was killed,
 * or there was no fork service for a while. Any of them may hold a lock, or have taken one up,
 * unreported.
 */
export class MuteSessions implements Disposable {
  readonly #scan: () => void;
  readonly #ids = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  /**
   * Calls `scan` a moment after such sessions end, because the branches they had open are unknown.
   */
  constructor(scan: () => void) {
    this.#scan = scan;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.#ids.add(id);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  ended(id: string): void {
    if (!this.#ids.delete(id)) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#scan();
    }, scanAfterMuteMs);
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

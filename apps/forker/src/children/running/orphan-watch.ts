import { processStartTime } from '@hatchery/daemon';
import { orphanPollMs } from '../../limits.ts';

interface Orphan {
  readonly pid: number;
  readonly startTime: number;
  readonly ended: () => void;
}

/**
 * Looks after processes whose keeper died: nobody can wait for them, so their end is seen by
 * looking. How they ended cannot be known.
 */
export class OrphanWatch implements Disposable {
  readonly #watched = new Map<string, Orphan>();
  readonly #timer = setInterval(() => this.#look(), orphanPollMs);

  get size(): number {
    return this.#watched.size;
  }

  watch(id: string, orphan: Orphan): void {
    this.#watched.set(id, orphan);
  }

  /** Somebody else will tell of its end. */
  forget(id: string): void {
    this.#watched.delete(id);
  }

  /** Signals the process group of an orphan. False when it is none, or gone. */
  signal(id: string, signal: NodeJS.Signals): boolean {
    const orphan = this.#watched.get(id);
    // A pid is not its owner's for ever once nobody waits for it, so it is compared right before.
    if (orphan === undefined || processStartTime(orphan.pid) !== orphan.startTime) return false;
    return process.kill(-orphan.pid, signal);
  }

  #look(): void {
    for (const [id, { pid, startTime, ended }] of this.#watched) {
      if (processStartTime(pid) === startTime) continue;
      this.#watched.delete(id);
      ended();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

import { processStartTime } from '@hatchery/daemon';
import { orphanPollMs } from '../limits.ts';

/** Notices the end of processes that are nobody's children any more, by looking. How they ended cannot be known. */
export class OrphanWatch implements Disposable {
  readonly #watched = new Map<string, { pid: number; startTime: number; ended: () => void }>();
  readonly #timer = setInterval(() => this.#look(), orphanPollMs);

  watch(id: string, pid: number, startTime: number, ended: () => void): void {
    this.#watched.set(id, { pid, startTime, ended });
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

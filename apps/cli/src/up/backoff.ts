import { provenMs, restartDelaysMs } from '../limits.ts';

/**
 * How long to wait before something that failed is started again: ever longer, for ever. Pure: the
 * caller brings the times.
 */
export class Backoff {
  #failures = 0;

  /** Failures in a row: none came between that had served for {@link provenMs}. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure of one that has served for so long before; how long to wait. */
  failed(servedMs: number): number {
    this.#failures = servedMs >= provenMs ? 1 : this.#failures + 1;
    const last = restartDelaysMs.length - 1;
    return restartDelaysMs[Math.min(this.#failures - 1, last)] ?? 0;
  }

  /** Somebody has mended it, or asked for it: the next failure is the first. */
  reset(): void {
    this.#failures = 0;
  }
}

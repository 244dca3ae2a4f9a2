import { restartDelaysMs, restartsMax, restartWindowMs } from '../limits.ts';

/** Says whether and when something that ended by itself is started again. Pure: the caller brings the clock. */
export class RestartBudget {
  #restarts: number[] = [];

  /** How long to wait, or null when the budget of the window is used up. `nowMs` is monotonic. */
  next(nowMs: number): number | null {
    this.#restarts = this.#restarts.filter((at) => nowMs - at < restartWindowMs);
    if (this.#restarts.length >= restartsMax) return null;
    const delayMs = restartDelaysMs[this.#restarts.length] ?? null;
    this.#restarts.push(nowMs);
    return delayMs;
  }
}

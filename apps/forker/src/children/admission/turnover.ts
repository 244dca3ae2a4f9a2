import { turnoverEndingsMax, turnoverWindowMs } from '../../limits.ts';

/**
 * How fast places come free, from the endings of late. Pure: the caller brings the clock, which is
 * monotonic.
 */
export class Turnover {
  #endings: number[] = [];

  /** A child ended. */
  ended(nowMs: number): void {
    this.#endings = [...this.#endings.slice(1 - turnoverEndingsMax), nowMs];
  }

  /**
   * How long the one in this place of a queue (1 is the first) may expect to wait; Infinity when
   * nothing ends.
   */
  expectedWaitMs(place: number, nowMs: number): number {
    const recent = this.#endings.filter((at) => nowMs - at < turnoverWindowMs);
    const [oldest] = recent;
    if (oldest === undefined) return Infinity;
    // With as many endings as are remembered at all, there may have been more in the window than
    // these.
    const spanMs = recent.length < turnoverEndingsMax ? turnoverWindowMs : nowMs - oldest;
    return (place * spanMs) / recent.length;
  }
}

import { requestsAtOnceMax, requestsPerSecondMax, sessionsMax } from '../limits.ts';

/**
 * How much each user may still ask for: a bucket of {@link requestsAtOnceMax} that fills by {@link
 * requestsPerSecondMax}.
 */
export class RequestBudget {
  readonly #now: () => number;
  readonly #buckets = new Map<string, { left: number; at: number }>();
  refusedTotal = 0;

  /** `now` gives milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes one request of that user; false when they have to wait. */
  take(user: string): boolean {
    const now = this.#now();
    const { left, at } = this.#buckets.get(user) ?? { left: requestsAtOnceMax, at: now };
    const filled = Math.min(requestsAtOnceMax, left + ((now - at) / 1_000) * requestsPerSecondMax);
    // Put last: the first of the map is who was silent for the longest, whose bucket is the
    // fullest.
    this.#buckets.delete(user);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size >= sessionsMax && !oldest.done) this.#buckets.delete(oldest.value);
    const isGranted = filled >= 1;
    this.#buckets.set(user, { left: isGranted ? filled - 1 : filled, at: now });
    if (!isGranted) this.refusedTotal += 1;
    return isGranted;
  }
}

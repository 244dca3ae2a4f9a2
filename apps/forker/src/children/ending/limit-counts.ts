import { limitNames, limitOf, type LimitName } from '@hatchery/events';

/** How many sessions each limit has ended since the start. */
export class LimitCounts {
  readonly #counts = Object.fromEntries(limitNames.map((name) => [name, 0])) as Record<
    LimitName,
    number
  >;

  /** Zero for what has not happened, so that an alert sees the first. */
  get counts(): Readonly<Record<LimitName, number>> {
    return { ...this.#counts };
  }

  /** Takes the cause of an ending, whatever that is. */
  add(cause: string): void {
    const limit = limitOf(cause);
    if (limit !== null) this.#counts[limit] += 1;
  }
}

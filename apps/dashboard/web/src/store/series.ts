import { trendPointsMax } from '../live/limits.ts';

/**
 * The latest values of one number, oldest first, in a buffer that is reused: with a thousand
 * samples a tick, new arrays would be a megabyte of garbage a second.
 */
export class Series {
  readonly #values: Float64Array;
  #count = 0;

  constructor(values = new Float64Array(trendPointsMax), count = 0) {
    this.#values = values;
    this.#count = count;
  }

  push(value: number): void {
    this.#values[this.#count % trendPointsMax] = value;
    this.#count += 1;
  }

  /** At most {@link trendPointsMax} of them. */
  values(): readonly number[] {
    const length = Math.min(this.#count, trendPointsMax);
    return Array.from(
      { length },
      (_, index) => this.#values[(this.#count - length + index) % trendPointsMax] ?? Number.NaN,
    );
  }

  /** A copy that later samples do not change. */
  copy(): Series {
    return new Series(this.#values.slice(), this.#count);
  }
}

import type { Distribution, Family, Labels, Series } from './family.ts';

/** Counts upwards, one number for each combination of labels it was given. */
export class Counter {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, { readonly labels: Labels; value: number }>();

  /**
   * `known` label sets are shown as 0 from the start, so that the first increment is one that a
   * rate can see.
   */
  constructor(name: string, help: string, known: readonly Labels[] = [{}]) {
    this.#name = name;
    this.#help = help;
    for (const labels of known) this.add(0, labels);
  }

  add(amount = 1, labels: Labels = {}): void {
    const key = JSON.stringify(labels);
    const series = this.#series.get(key);
    if (series === undefined) this.#series.set(key, { labels, value: amount });
    else series.value += amount;
  }

  read(): Family {
    const series: Series[] = [...this.#series.values()].map((one) => ({ ...one }));
    return { type: 'counter', name: this.#name, help: this.#help, series };
  }
}

/** Counts seconds in buckets. */
export class Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<
    string,
    { readonly labels: Labels; readonly counts: number[]; sum: number }
  >();

  constructor(name: string, help: string, boundsS: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = boundsS;
  }

  observe(seconds: number, labels: Labels = {}): void {
    const key = JSON.stringify(labels);
    const series = this.#series.get(key) ?? {
      labels,
      counts: this.#bounds.map(() => 0).concat(0),
      sum: 0,
    };
    this.#series.set(key, series);
    const index = this.#bounds.findIndex((bound) => seconds <= bound);
    const bucket = index === -1 ? this.#bounds.length : index;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += seconds;
  }

  read(): Family {
    const series: Distribution[] = [...this.#series.values()].map((one) => ({
      ...one,
      counts: [...one.counts],
    }));
    return { type: 'histogram', name: this.#name, help: this.#help, bounds: this.#bounds, series };
  }
}

import type { Comparison, Target } from '../figures/figure.ts';
import { p99SamplesMin } from '../limits.ts';
import type { Series } from '../rounds/series.ts';
import { median, pairwiseRatio, percentile } from '../statistics/statistics.ts';

/** One row of a table. Ratios say how many times worse than the first series this one is. */
export interface SeriesSummary {
  readonly name: string;
  readonly samples: number;
  readonly min: number;
  readonly median: number;
  /** Null when there are too few samples for one. */
  readonly p99: number | null;
  readonly max: number;
  readonly ratioOfMedians: number;
  /** Of the medians of the rounds, where a round has several values. */
  readonly pairwiseRatio: number;
}

/** A promise, and the result. */
export interface Verdict {
  readonly target: Target;
  readonly value: number;
  readonly met: boolean;
}

export function summarize({ series, better }: Comparison): SeriesSummary[] {
  return series.map((one) => {
    const values = one.rounds.flat();
    // The worse above the better, so that a rival's figure is the one that grows.
    const [above, below] = better === 'lower' ? [one, series[0] ?? one] : [series[0] ?? one, one];
    return {
      name: one.name,
      samples: values.length,
      min: Math.min(...values),
      median: median(values),
      p99: values.length < p99SamplesMin ? null : percentile(values, 99),
      max: Math.max(...values),
      ratioOfMedians: median(above.rounds.flat()) / median(below.rounds.flat()),
      pairwiseRatio: pairwiseRatio(roundMedians(above), roundMedians(below)),
    };
  });
}

/** @throws {RangeError} when a target names a series that was not measured */
export function judge({ series, better, targets }: Comparison): Verdict[] {
  const valuesOf = (name: string): number[] =>
    series.find((one) => one.name === name)?.rounds.flat() ?? [];
  const medianOf = (name: string): number => median(valuesOf(name));
  return targets.map((target) => {
    const own =
      target.kind === 'p99-limit' ? percentile(valuesOf(target.name), 99) : medianOf(target.name);
    if (target.kind !== 'times-better') return { target, value: own, met: own <= target.atMost };
    const rival = medianOf(target.rival);
    const value = better === 'lower' ? rival / own : own / rival;
    return { target, value, met: value >= target.atLeast };
  });
}

function roundMedians({ rounds }: Series): number[] {
  return rounds.map((round) => median(round));
}

import type { Series } from '../rounds/series.ts';
import type { Needed } from '../stand/tools.ts';
import type { Stand } from '../stand/stand.ts';

/** A claim about the service, and how it is measured. */
export interface Figure {
  readonly name: string;
  /** One line for the help and the head of its table. */
  readonly title: string;
  readonly needs: readonly Needed[];
  measure(stand: Stand, run: Run): Promise<Result>;
}

/** The time limit of a run, and where it reports progress. */
export interface Run {
  readonly quick: boolean;
  readonly progress: (round: number, rounds: number) => void;
}

export interface Result {
  readonly comparisons: readonly Comparison[];
  /** Measurements without a rival, such as the memory of the parts. */
  readonly readings?: Readings;
}

/** Contenders that took turns. The first one is ours, and all are compared with it. */
export interface Comparison {
  readonly title: string;
  readonly unit: 'ms' | 'kB' | 'MB' | 'MB/s' | 'kB/s' | 'sessions/s' | '% of a core';
  readonly better: 'lower' | 'higher';
  readonly series: readonly Series[];
  readonly targets: readonly Target[];
}

/** What is promised, of the medians unless it says otherwise. */
export type Target =
  | {
      readonly kind: 'times-better';
      readonly name: string;
      readonly rival: string;
      readonly atLeast: number;
    }
  | { readonly kind: 'limit'; readonly name: string; readonly atMost: number }
  /** Of the 99th percentile, or of the largest when there are too few samples. */
  | { readonly kind: 'p99-limit'; readonly name: string; readonly atMost: number };

export interface Readings {
  readonly title: string;
  readonly unit: 'MB' | 'ms' | 'a second';
  readonly rows: readonly {
    readonly name: string;
    readonly values: Readonly<Record<string, number>>;
  }[];
}

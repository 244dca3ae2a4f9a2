import type { Child, View } from '@hatchery/events';
import { trendPointsMax } from '../live/limits.ts';

/** The sums in the tiles. */
export interface Totals {
  readonly sessions: number;
  readonly cpuPercent: number;
  /** Private memory only: pages shared with the zygote would be counted once for each child. */
  readonly privateBytes: number;
}

/** The totals of the last while, oldest first, one a second. */
export type TotalsHistory = readonly Totals[];

export const noTotals: Totals = { sessions: 0, cpuPercent: 0, privateBytes: 0 };

export function totalsOf(view: View): Totals {
  const children = Object.values(view.children);
  return {
    sessions: children.length,
    cpuPercent: sum(children, (child) => child.usage?.cpuPercent),
    privateBytes: sum(children, (child) => child.usage?.privateBytes),
  };
}

export function nextHistory(history: TotalsHistory, totals: Totals): TotalsHistory {
  return [...history, totals].slice(-trendPointsMax);
}

/** How many of the ended children failed: any signal, and any status but 0. */
export function failedCount(ended: readonly Child[]): number {
  return ended.filter(({ exit }) => exit !== null && exit.code !== 0).length;
}

function sum(children: readonly Child[], value: (child: Child) => number | null | undefined): number {
  return children.reduce((total, child) => total + (value(child) ?? 0), 0);
}

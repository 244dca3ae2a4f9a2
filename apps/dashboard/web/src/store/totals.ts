import type { Child, Lock, View } from '@hatchery/events';
import { trendPointsMax } from '../live/limits.ts';

/** The sums in the tiles. */
export interface Totals {
  readonly sessions: number;
  readonly cpuPercent: number;
  /** Private memory only: pages shared with the zygote would be counted once for each child. */
  readonly privateBytes: number;
  /** Parties that wait for a lock. */
  readonly blocked: number;
  readonly locks: number;
  readonly staleLocks: number;
  /** Since when the oldest lock is held, RFC 3339. */
  readonly oldestLock: string | null;
}

/** The totals at one instant, with their ages. A null is unknown. */
export interface PastTotals extends Totals {
  readonly oldestLockMs: number | null;
  readonly startMs: number | null;
}

/** The totals of the recent past, oldest first, one a second. */
export type TotalsHistory = readonly PastTotals[];

export const noTotals: Totals = {
  sessions: 0,
  cpuPercent: 0,
  privateBytes: 0,
  blocked: 0,
  locks: 0,
  staleLocks: 0,
  oldestLock: null,
};

/** `locks` are those of the view, oldest first. */
export function totalsOf(view: View, locks: readonly Lock[]): Totals {
  let [sessions, cpuPercent, privateBytes] = [0, 0, 0];
  for (const id in view.children) {
    const usage = view.children[id]?.usage;
    sessions += 1;
    cpuPercent += usage?.cpuPercent ?? 0;
    privateBytes += usage?.privateBytes ?? 0;
  }
  return {
    sessions,
    cpuPercent,
    privateBytes,
    blocked: locks.reduce((sum, { waiters }) => sum + waiters.length, 0),
    locks: locks.length,
    staleLocks: locks.filter(({ condition }) => condition === 'stale' || condition === 'orphaned')
      .length,
    oldestLock: locks[0]?.holder?.since ?? null,
  };
}

export function nextHistory(history: TotalsHistory, totals: PastTotals): TotalsHistory {
  return [...history, totals].slice(-trendPointsMax);
}

/** How many of the ended children failed: by a signal, or with a status other than 0. */
export function failedCount(ended: readonly Child[]): number {
  return ended.filter(({ exit }) => exit !== null && exit.code !== 0).length;
}

/**
 * How long a session takes to start: the 95th percentile of those that connected, nearest rank, in
 * milliseconds.
 */
export function startP95(
  children: readonly Child[],
): { readonly ms: number; readonly of: number } | null {
  const lengths = children
    .filter(({ connectedAt }) => connectedAt !== null)
    .map(({ startedAt, connectedAt }) => Date.parse(connectedAt ?? '') - Date.parse(startedAt))
    .sort((left, right) => left - right);
  const ms = lengths[Math.ceil(0.95 * lengths.length) - 1];
  return ms === undefined ? null : { ms, of: lengths.length };
}

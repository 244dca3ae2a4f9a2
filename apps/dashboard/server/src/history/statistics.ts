import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { PastStatistics, Spread, SpreadRow } from '@hatchery/events';
import { spreadRowsMax } from '../limits.ts';

/** Durations of one kind, each with its user and branch. */
interface Measured {
  readonly user: string | null;
  readonly branch: string | null;
  readonly ms: number;
}

const measures = ['session', 'start', 'lockWait', 'lockHold'] as const;
type Measure = (typeof measures)[number];

/** Sorted by length, so that a percentile is a look-up after grouping. */
const sources: Readonly<Record<Measure, string>> = {
  session:
    'SELECT user, branch, ended_at - started_at AS ms FROM session WHERE ended_at IS NOT NULL AND',
  start:
    'SELECT user, branch, connected_at - started_at AS ms FROM session WHERE connected_at IS NOT NULL AND',
  lockWait: `SELECT session.user, wait.name AS branch, wait.to_at - wait.from_at AS ms
    FROM session JOIN wait ON wait.child_id = session.id WHERE wait.to_at IS NOT NULL AND`,
  lockHold: `SELECT session.user, hold.name AS branch, hold.to_at - hold.from_at AS ms
    FROM session JOIN hold ON hold.child_id = session.id WHERE hold.to_at IS NOT NULL AND`,
};

/** Selects sessions: an SQL condition on the table `session`, with its values. */
interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/**
 * How long sessions, their starts, their waits for locks and their holds took: over all, by user
 * and by branch.
 */
export function statistics(database: DatabaseSync, { sql, values }: Condition): PastStatistics {
  const measured = new Map(
    measures.map((measure) => [measure, read(database, measure, sql, values)] as const),
  );
  return {
    all: rowOf(null, (measure) => measured.get(measure) ?? []),
    users: rowsBy('user', measured),
    branches: rowsBy('branch', measured),
  };
}

function read(
  database: DatabaseSync,
  measure: Measure,
  condition: string,
  values: readonly SQLInputValue[],
): Measured[] {
  const statement = database.prepare(`${sources[measure]} ${condition} ORDER BY ms`);
  return statement.all(...values) as unknown as Measured[];
}

/** The busiest names first; those beyond the limit count only in the sum. */
function rowsBy(
  by: 'user' | 'branch',
  measured: ReadonlyMap<Measure, readonly Measured[]>,
): readonly SpreadRow[] {
  const groups = new Map(
    [...measured].map(([measure, all]) => [measure, Map.groupBy(all, (each) => each[by])] as const),
  );
  const names = new Set([...groups.values()].flatMap((group) => [...group.keys()]));
  return [...names]
    .filter((name) => name !== null)
    .map((name) => rowOf(name, (measure) => groups.get(measure)?.get(name) ?? []))
    .sort(
      (left, right) =>
        right.session.count - left.session.count ||
        (left.name ?? '').localeCompare(right.name ?? ''),
    )
    .slice(0, spreadRowsMax);
}

function rowOf(name: string | null, of: (measure: Measure) => readonly Measured[]): SpreadRow {
  const spreadOf = (measure: Measure): Spread => spread(of(measure).map(({ ms }) => ms));
  return {
    name,
    session: spreadOf('session'),
    start: spreadOf('start'),
    lockWait: spreadOf('lockWait'),
    lockHold: spreadOf('lockHold'),
  };
}

/** Percentiles by nearest rank: each is a duration that occurred. `sorted` is ascending. */
function spread(sorted: readonly number[]): Spread {
  const rank = (share: number): number | null =>
    sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { count: sorted.length, p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
}

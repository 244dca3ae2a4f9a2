import type { Row } from './live-store.ts';

/** Columns the table can be sorted by. */
export type SortKey =
  'state' | 'pid' | 'user' | 'work' | 'age' | 'cpu' | 'private' | 'faults' | 'io' | 'locks';

export interface Sort {
  readonly key: SortKey;
  readonly descending: boolean;
}

/**
 * Oldest first: people look for what has run long, and a new session does not push the others down.
 */
export const defaultSort: Sort = { key: 'age', descending: true };

const values: Readonly<Record<SortKey, (row: Row) => string | number | null | undefined>> = {
  state: ({ child, awaits, stuckSince }) =>
    stuckSince !== null ? 'stuck' : awaits > 0 ? 'blocked' : child.state,
  pid: ({ child }) => child.pid,
  user: ({ child }) => child.user,
  work: ({ child, branch }) => branch ?? child.command,
  // Compared as text, which sorts like time; the oldest has the largest age.
  age: ({ child }) => child.startedAt,
  cpu: ({ child }) => child.usage?.cpuPercent,
  private: ({ child }) => child.usage?.privateBytes,
  faults: ({ trend }) => trend?.faultsPerS,
  io: ({ trend }) => trend?.ioBytesPerS,
  locks: ({ holds, awaits }) => holds + awaits / 1_000,
};

export function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(values, text);
}

/**
 * The rows in order. Equal rows stay in the order of their start, so that no row jumps without a
 * cause.
 */
export function ordered(rows: readonly Row[], sort: Sort): readonly Row[] {
  const value = values[sort.key];
  const direction = sort.descending === (sort.key === 'age') ? 1 : -1;
  return rows.toSorted(
    (left, right) =>
      direction * compare(value(left), value(right), direction) || byStart(left, right),
  );
}

/**
 * The order while the pointer is over the table. Rows keep their places, so that no click hits a
 * row that slipped under the pointer. Ended rows go; new rows come at the end.
 */
export function heldOrder(shown: readonly string[], wanted: readonly string[]): readonly string[] {
  const present = new Set(wanted);
  const kept = shown.filter((id) => present.has(id));
  const known = new Set(kept);
  return [...kept, ...wanted.filter((id) => !known.has(id))];
}

type Value = string | number | null | undefined;

/** Unknown values come last in both directions. */
function compare(left: Value, right: Value, direction: number): number {
  const leftKnown = left !== null && left !== undefined;
  const rightKnown = right !== null && right !== undefined;
  if (!leftKnown || !rightKnown) return direction * (Number(rightKnown) - Number(leftKnown));
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return order(String(left), String(right));
}

function byStart({ child: left }: Row, { child: right }: Row): number {
  return order(left.startedAt, right.startedAt) || order(left.id, right.id);
}

/** By code unit: ids, paths and instants need no locale, and a locale is thirty times as slow. */
function order(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

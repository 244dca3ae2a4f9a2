import type { Child } from '@hatchery/events';
import type { Row } from './live-store.ts';

/** Columns the table can be sorted by. */
export type SortKey =
  'state' | 'pid' | 'user' | 'command' | 'age' | 'cpu' | 'private' | 'rss' | 'faults' | 'io' | 'peer';

export interface Sort {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** Oldest first: what has run for long is what gets looked for, and a new session does not push the others down. */
export const defaultSort: Sort = { key: 'age', descending: true };

const values: Readonly<Record<SortKey, (row: Row) => string | number | null | undefined>> = {
  state: ({ child }) => child.state,
  pid: ({ child }) => child.pid,
  user: ({ child }) => child.user,
  command: ({ child }) => child.command,
  age: ({ child }) => -Date.parse(child.startedAt),
  cpu: ({ child }) => child.usage?.cpuPercent,
  private: ({ child }) => child.usage?.privateBytes,
  rss: ({ child }) => child.usage?.rssBytes,
  faults: ({ trend }) => trend?.faultsPerS,
  io: ({ trend }) => trend?.ioBytesPerS,
  peer: ({ child }) => child.peer,
};

export function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(values, text);
}

/** The rows that match the filter, in order. Equal ones stay in the order of their start, so that nothing jumps without a cause. */
export function ordered(rows: readonly Row[], filter: string, sort: Sort): readonly Row[] {
  const value = values[sort.key];
  const direction = sort.descending ? -1 : 1;
  return rows
    .filter(({ child }) => matches(child, filter))
    .sort((left, right) => direction * compare(value(left), value(right), direction) || byStart(left, right));
}

/** Whether every word of the filter occurs in what the row shows as text. */
export function matches(child: Child, filter: string): boolean {
  const text = [child.user, child.pid, child.command, child.peer, child.state, child.id].join(' ').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

type Value = string | number | null | undefined;

/** The unknown comes last in both directions. */
function compare(left: Value, right: Value, direction: number): number {
  const leftKnown = left !== null && left !== undefined;
  const rightKnown = right !== null && right !== undefined;
  if (!leftKnown || !rightKnown) return direction * (Number(rightKnown) - Number(leftKnown));
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return String(left).localeCompare(String(right));
}

function byStart(left: Row, right: Row): number {
  return left.child.startedAt.localeCompare(right.child.startedAt) || left.child.id.localeCompare(right.child.id);
}

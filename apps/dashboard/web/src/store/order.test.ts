import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleChild, exampleUsage } from '@hatchery/events/fixtures';
import { defaultSort, heldOrder, isSortKey, ordered, type Sort } from './order.ts';

const free = { holds: 0, awaits: 0, branch: null, stuckSince: null };
const row = (id: string, minute: number, cpu: number | null) => {
  const startedAt = `2026-11-21T00:0${minute}:00.000Z`;
  return {
    child: exampleChild(id, { startedAt, usage: exampleUsage(cpu) }),
    trend: undefined,
    ...free,
  };
};
const rows = [row('c1', 2, 5), row('c2', 1, null), row('c3', 3, 90)];
const order = (sort: Sort): string[] => ordered(rows, sort).map(({ child }) => child.id);

test('the oldest comes first by default', () => {
  assert.deepEqual(order(defaultSort), ['c2', 'c1', 'c3']);
  assert.deepEqual(order({ key: 'age', descending: false }), ['c3', 'c1', 'c2']);
});

test('unknown values come last in both directions', () => {
  assert.deepEqual(order({ key: 'cpu', descending: true }), ['c3', 'c1', 'c2']);
  assert.deepEqual(order({ key: 'cpu', descending: false }), ['c1', 'c3', 'c2']);
});

test('equal rows stay in the order of their start', () => {
  assert.deepEqual(order({ key: 'user', descending: true }), ['c2', 'c1', 'c3']);
});

test('under a pointer no row moves: ended rows go, new rows come last', () => {
  assert.deepEqual(heldOrder(['c1', 'c2', 'c3'], ['c4', 'c3', 'c1']), ['c1', 'c3', 'c4']);
  assert.deepEqual(heldOrder([], ['c2', 'c1']), ['c2', 'c1']);
});

test('only columns are sort keys', () => {
  assert.equal(isSortKey('cpu'), true);
  for (const text of ['', 'constructor', 'CPU', '__proto__'])
    assert.equal(isSortKey(text), false, text);
});

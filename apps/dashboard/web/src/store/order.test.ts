import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aChild, aUsage } from '../fixtures/children.ts';
import { defaultSort, isSortKey, matches, ordered, type Sort } from './order.ts';

const row = (id: string, minute: number, cpu: number | null) => {
  const startedAt = `2026-11-21T00:0${minute}:00.000Z`;
  return { child: aChild(id, { startedAt, usage: aUsage(cpu) }), trend: undefined };
};
const rows = [row('c1', 2, 5), row('c2', 1, null), row('c3', 3, 90)];
const order = (sort: Sort): string[] => ordered(rows, '', sort).map(({ child }) => child.id);

test('the oldest comes first unless something else is asked for', () => {
  assert.deepEqual(order(defaultSort), ['c2', 'c1', 'c3']);
  assert.deepEqual(order({ key: 'age', descending: false }), ['c3', 'c1', 'c2']);
});

test('what is not known comes last in both directions', () => {
  assert.deepEqual(order({ key: 'cpu', descending: true }), ['c3', 'c1', 'c2']);
  assert.deepEqual(order({ key: 'cpu', descending: false }), ['c1', 'c3', 'c2']);
});

test('equal rows stay in the order of their start', () => {
  assert.deepEqual(order({ key: 'user', descending: true }), ['c2', 'c1', 'c3']);
});

test('every word has to be found, in any column, in any case', () => {
  const child = aChild('c7');
  for (const filter of ['', '  ', 'ANNA', '4000007', 'anna allow-writes', '192.0.2', 'running']) {
    assert.equal(matches(child, filter), true, filter);
  }
  for (const filter of ['bo', 'anna bo', 'stopping', '.*']) assert.equal(matches(child, filter), false, filter);
});

test('only columns are keys', () => {
  assert.equal(isSortKey('cpu'), true);
  for (const text of ['', 'constructor', 'CPU', '__proto__']) assert.equal(isSortKey(text), false, text);
});

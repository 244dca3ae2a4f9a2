import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleChild, exampleUsage } from '@hatchery/events/fixtures';
import { isInView, parseFilter, type ChildrenView } from './filter.ts';
import type { Row } from './live-store.ts';

const now = Date.parse('2026-11-21T00:10:00.000Z');
const child = exampleChild('c7', { usage: exampleUsage(60, { privateBytes: 200 * 1_048_576 }) });
const row: Row = {
  child,
  trend: undefined,
  holds: 1,
  awaits: 0,
  branch: '~anna/trunk',
  stuckSince: null,
};

for (const filter of [
  '',
  '  ',
  'ANNA',
  '4000007',
  'anna allow-writes',
  '192.0.2',
  'trunk',
  'user:an',
  'branch:trunk state:running',
  'cpu>50',
  'cpu>50% age>5m',
  'age<1h',
  'mem>100M',
  'locks>0',
])
  test(`'${filter}' finds it`, () => assert.equal(parseFilter(filter)(row, now), true));

for (const filter of [
  'bo',
  'anna bo',
  'stopping',
  '.*',
  'user:bo',
  'cpu<50',
  'age>11m',
  'mem>1G',
  'io>0',
  'cpu>',
  'constructor:x',
  'constructor>1',
])
  test(`'${filter}' does not find it`, () => assert.equal(parseFilter(filter)(row, now), false));

test('any text is a valid filter', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof parseFilter(text)(row, now) === 'boolean'));
});

test('the views overlap only where they should', () => {
  const views = (changes: Partial<Row>): ChildrenView[] =>
    (['running', 'waiting', 'holding', 'stuck', 'ended'] as const).filter((view) =>
      isInView({ ...row, ...changes }, view),
    );
  assert.deepEqual(views({}), ['running', 'holding']);
  assert.deepEqual(views({ holds: 0, awaits: 1 }), ['waiting']);
  assert.deepEqual(views({ stuckSince: 'then' }), ['running', 'holding', 'stuck']);
  assert.deepEqual(views({ holds: 0, child: exampleChild('c1', { state: 'starting' }) }), [
    'waiting',
  ]);
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readDrainDeadline } from './drain-deadline.ts';

const now = new Date('2026-01-01T00:00:00.000Z');

it('the deadline of a drain is so many seconds away, or not named', () => {
  assert.equal(readDrainDeadline(undefined, now), null);
  assert.deepEqual(readDrainDeadline(0, now), now);
  assert.deepEqual(readDrainDeadline(1.5, now), new Date('2026-01-01T00:00:01.500Z'));
  assert.deepEqual(readDrainDeadline(604_800, now), new Date('2026-01-08T00:00:00.000Z'));
});

it('a deadline of a drain that is none is refused', () => {
  for (const nonsense of [-1, 604_801, NaN, Infinity, '60', null, {}, true])
    assert.throws(
      () => readDrainDeadline(nonsense, now),
      /deadlineS takes seconds, at most a week/,
      JSON.stringify(nonsense),
    );
});

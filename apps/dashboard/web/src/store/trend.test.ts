import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleUsage } from '@hatchery/events/fixtures';
import { trendPointsMax } from '../live/limits.ts';
import { Series } from './series.ts';
import { heldTrend, nextTrend, type Trend } from './trend.ts';

const after = (
  trend: Trend | undefined,
  second: number,
  changes: Parameters<typeof exampleUsage>[1],
): Trend => nextTrend(trend, { usage: exampleUsage(1, changes) }, second * 1_000);

test('rates come from two samples and the time between them', () => {
  const first = after(undefined, 10, {
    minorFaults: 100,
    majorFaults: 0,
    readBytes: 1_000,
    writeBytes: 0,
  });
  assert.deepEqual([first.faultsPerS, first.ioBytesPerS], [null, null]);
  const second = after(first, 12, {
    minorFaults: 150,
    majorFaults: 10,
    readBytes: 1_000,
    writeBytes: 500,
  });
  assert.deepEqual([second.faultsPerS, second.ioBytesPerS], [30, 250]);
});

test('an unreadable value has no rate', () => {
  const first = after(undefined, 10, { readBytes: 1_000 });
  assert.equal(after(first, 11, {}).ioBytesPerS, null);
});

test('a sample that is not newer changes nothing', () => {
  const first = after(undefined, 10, {});
  assert.equal(after(first, 10, {}), first);
  assert.equal(after(first, 9, {}), first);
});

test('a counter that goes back gives no negative rate', () => {
  const first = after(undefined, 10, { minorFaults: 100 });
  assert.equal(after(first, 11, { minorFaults: 5 }).faultsPerS, 0);
});

test('the line has an end', () => {
  let trend: Trend | undefined;
  for (let second = 0; second < 2 * trendPointsMax; second += 1) trend = after(trend, second, {});
  assert.equal(trend?.cpu.values().length, trendPointsMax);
});

test('later samples do not change a held trend', () => {
  const first = after(undefined, 1, { privateBytes: 7 });
  const held = heldTrend(first);
  after(first, 2, { privateBytes: 8 });
  assert.deepEqual([held.memory.values(), first.memory.values()], [[7], [7, 8]]);
  assert.deepEqual([held.times.values(), first.times.values()], [[1_000], [1_000, 2_000]]);
});

test('a line lists the oldest first, however often its buffer was reused', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 3 * trendPointsMax }), (numbers) => {
      const series = new Series();
      for (const number of numbers) series.push(number);
      assert.deepEqual(series.values(), numbers.slice(-trendPointsMax));
    }),
  );
});

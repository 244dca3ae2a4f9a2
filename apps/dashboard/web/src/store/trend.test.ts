import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aUsage } from '../fixtures/children.ts';
import { trendPointsMax } from '../live/limits.ts';
import { nextTrend, type Trend } from './trend.ts';

const at = (second: number): string => new Date(second * 1_000).toISOString();
const sample = (second: number, changes: Parameters<typeof aUsage>[1]) => ({
  id: 'c1',
  at: at(second),
  usage: aUsage(1, changes),
});

test('rates come from two samples and the time between them', () => {
  const first = nextTrend(undefined, sample(10, { minorFaults: 100, majorFaults: 0, readBytes: 1_000, writeBytes: 0 }));
  assert.deepEqual([first.faultsPerS, first.ioBytesPerS], [null, null]);
  const second = nextTrend(first, sample(12, { minorFaults: 150, majorFaults: 10, readBytes: 1_000, writeBytes: 500 }));
  assert.deepEqual([second.faultsPerS, second.ioBytesPerS], [30, 250]);
});

test('what could not be read has no rate', () => {
  const first = nextTrend(undefined, sample(10, { readBytes: 1_000 }));
  assert.equal(nextTrend(first, sample(11, {})).ioBytesPerS, null);
});

test('a sample that is no newer changes nothing', () => {
  const first = nextTrend(undefined, sample(10, {}));
  assert.equal(nextTrend(first, sample(10, {})), first);
  assert.equal(nextTrend(first, sample(9, {})), first);
});

test('a counter that goes back is no negative rate', () => {
  const first = nextTrend(undefined, sample(10, { minorFaults: 100 }));
  assert.equal(nextTrend(first, sample(11, { minorFaults: 5 })).faultsPerS, 0);
});

test('the line has an end', () => {
  let trend: Trend | undefined;
  for (let second = 0; second < 2 * trendPointsMax; second += 1) trend = nextTrend(trend, sample(second, {}));
  assert.equal(trend?.cpu.length, trendPointsMax);
});

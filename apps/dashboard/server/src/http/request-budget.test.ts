import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestsAtOnceMax, requestsPerSecondMax, sessionsMax } from '../limits.ts';
import { RequestBudget } from './request-budget.ts';

/** How many requests in a row are granted. */
function granted(budget: RequestBudget, user: string): number {
  let count = 0;
  while (budget.take(user)) count += 1;
  return count;
}

test('a burst is granted, then as much as fills up again', () => {
  let now = 0;
  const budget = new RequestBudget(() => now);
  assert.equal(granted(budget, 'anna'), requestsAtOnceMax);
  assert.equal(budget.refusedTotal, 1);
  now = 1_000;
  assert.equal(granted(budget, 'anna'), requestsPerSecondMax);
  now += 3_600_000;
  assert.equal(granted(budget, 'anna'), requestsAtOnceMax, 'it never holds more than it holds');
});

test('one user takes nothing from another', () => {
  const budget = new RequestBudget(() => 0);
  granted(budget, 'anna');
  assert.equal(granted(budget, 'bo'), requestsAtOnceMax);
});

test('names without end are no way to fill the memory, nor to get a new bucket soon', () => {
  const budget = new RequestBudget(() => 0);
  for (let number = 0; number < sessionsMax; number += 1) budget.take(`user${number}`);
  assert.equal(granted(budget, `user${sessionsMax - 1}`), requestsAtOnceMax - 1);
  budget.take('another');
  assert.equal(budget.take(`user${sessionsMax - 1}`), false);
});

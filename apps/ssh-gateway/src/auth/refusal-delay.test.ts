import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalDelayMs } from './refusal-delay.ts';

test('refusals are sent at one, two, four… times the minimum, however long they took', () => {
  const leavesAt = (elapsedMs: number): number => elapsedMs + refusalDelayMs(elapsedMs, 10);
  assert.deepEqual([0, 3, 10, 10.5, 20, 21, 79].map(leavesAt), [10, 10, 10, 20, 20, 40, 80]);
});

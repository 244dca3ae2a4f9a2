import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admitsStartup } from './startups.ts';

const max = { start: 10, ratePercent: 30, full: 20 };

test('below the start everybody is admitted, whatever the dice say', () => {
  assert.equal(admitsStartup(9, max, 0), true);
});

test('at the full number nobody is admitted', () => {
  assert.equal(admitsStartup(20, max, 0.999), false);
  assert.equal(admitsStartup(21, max, 0.999), false);
});

test('between them the share that is dropped grows from the rate to all', () => {
  assert.equal(admitsStartup(10, max, 0.29), false);
  assert.equal(admitsStartup(10, max, 0.3), true);
  assert.equal(admitsStartup(15, max, 0.64), false);
  assert.equal(admitsStartup(15, max, 0.65), true);
});

test('a rate of 100 drops everybody from the start on', () => {
  assert.equal(admitsStartup(10, { ...max, ratePercent: 100 }, 0.999), false);
});

test('a start that equals the full number has no share to compute', () => {
  assert.equal(admitsStartup(10, { start: 10, ratePercent: 30, full: 10 }, 0.999), false);
});

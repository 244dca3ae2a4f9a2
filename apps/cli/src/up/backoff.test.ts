import assert from 'node:assert/strict';
import { test } from 'node:test';
import { provenMs } from '../limits.ts';
import { Backoff } from './backoff.ts';

test('the waits grow to a minute, and never end', () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 40 }, () => backoff.failed(0));
  assert.equal(waits[0], 0);
  assert.deepEqual(
    waits,
    waits.toSorted((a, b) => a - b),
  );
  assert.deepEqual([...new Set(waits.slice(10))], [60_000]);
  assert.equal(backoff.failures, 40);
});

test('one that has served for a while before it failed is started at once again', () => {
  const backoff = new Backoff();
  for (let i = 0; i < 20; i += 1) backoff.failed(provenMs - 1);
  assert.equal(backoff.failed(provenMs), 0);
  assert.equal(backoff.failures, 1);
});

test('a reset makes the next failure the first one', () => {
  const backoff = new Backoff();
  for (let i = 0; i < 20; i += 1) backoff.failed(0);
  backoff.reset();
  assert.equal(backoff.failed(0), 0);
});

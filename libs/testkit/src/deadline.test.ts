import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until, within } from './deadline.ts';

describe('within', () => {
  it('gives the value of a promise, or its error', async () => {
    assert.equal(await within('a value', Promise.resolve(7)), 7);
    await assert.rejects(within('a value', Promise.reject(new Error('no'))), /^Error: no$/);
  });

  it('names what did not come', async () => {
    await assert.rejects(
      within('the moon', new Promise(() => undefined), 10),
      /^Error: not within 0.01 s: the moon$/,
    );
  });
});

describe('until', () => {
  it('repeats the look until it finds something, and returns that', async () => {
    let looks = 0;
    assert.equal(await until('three looks', () => (++looks < 3 ? null : looks)), 3);
    assert.equal(await until('a promise', async () => Promise.resolve('x')), 'x');
    assert.equal(await until('a zero', () => 0), 0);
  });

  it('names what did not come', async () => {
    await assert.rejects(
      until('the moon', () => false, 10),
      /^Error: not within 0.01 s: the moon$/,
    );
  });

  it('passes on what the look throws', async () => {
    const look = (): boolean => {
      throw new Error('blind');
    };
    await assert.rejects(until('the moon', look), /^Error: blind$/);
  });
});

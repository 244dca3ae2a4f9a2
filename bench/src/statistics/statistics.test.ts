import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { median, pairwiseRatio, percentile, slope } from './statistics.ts';

describe('median', () => {
  it('is the middle of an odd number of values, in any order', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([7]), 7);
  });

  it('is the mean of the two middle ones of an even number', () => {
    assert.equal(median([4, 1, 100, 2]), 3);
  });

  it('orders by size and not by spelling', () => {
    assert.equal(median([10, 9, 100]), 10);
  });

  it('leaves its input as it was', () => {
    const values = [3, 1, 2];
    median(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it('refuses an empty list', () => {
    assert.throws(() => median([]), /nothing was measured/);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it('is the nearest rank, a measured value', () => {
    assert.equal(percentile(hundred, 99), 99);
    assert.equal(percentile(hundred, 50), 50);
    assert.equal(percentile(hundred, 1), 1);
    assert.equal(percentile([1, 2, 3], 50), 2);
  });

  it('is the largest value at 100, and with few values close to it', () => {
    assert.equal(percentile(hundred, 100), 100);
    assert.equal(percentile([5, 8], 99), 8);
  });

  it('refuses a meaningless percentage', () => {
    for (const percent of [0, -1, 101, Number.NaN])
      assert.throws(() => percentile([1], percent), RangeError);
  });

  it('refuses an empty list', () => {
    assert.throws(() => percentile([], 50), /nothing was measured/);
  });
});

describe('the pairwise ratio', () => {
  it('is the median of the ratios of neighbours', () => {
    assert.equal(pairwiseRatio([2, 30, 8], [1, 10, 1]), 3);
  });

  it('does not follow a drift that both sides share', () => {
    const rivals = [1, 2, 4, 80];
    const ours = rivals.map((value) => value * 3);
    assert.equal(pairwiseRatio(ours, rivals), 3);
  });

  it('refuses values without a partner', () => {
    assert.throws(() => pairwiseRatio([1, 2], [1]), /no pairs of 2 and 1 values/);
    assert.throws(() => pairwiseRatio([], []), /nothing was measured/);
  });
});

describe('slope', () => {
  const line = (a: number, b: number): [number, number][] =>
    [5, 1, 2, 9].map((x) => [x, a * x + b]);

  it('is that of the line that the points lie on', () => {
    assert.ok(Math.abs(slope(line(3, 100)) - 3) < 1e-9);
    assert.ok(Math.abs(slope(line(-0.25, 7)) + 0.25) < 1e-9);
    assert.equal(slope(line(0, 4)), 0);
  });

  it('is not moved by a swing that ends where it began', () => {
    const swung = [0, 5, 0, -5, 0, 5, 0].map((y, x): [number, number] => [x, y]);
    assert.ok(Math.abs(slope(swung)) < 0.5);
  });

  it('refuses points with a single x', () => {
    assert.throws(() => slope([[1, 1]]), RangeError);
    assert.throws(() => slope([]), RangeError);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Comparison } from '../figures/figure.ts';
import { judge, summarize } from './summary.ts';

const comparison: Comparison = {
  title: 'time',
  unit: 'ms',
  better: 'lower',
  series: [
    { name: 'ours', rounds: [[1], [2], [3]] },
    { name: 'theirs', rounds: [[10], [10], [60]] },
  ],
  targets: [],
};

describe('a summary', () => {
  it('compares every series with the first, by medians and by rounds', () => {
    const [ours, theirs] = summarize(comparison);
    assert.deepEqual([ours?.ratioOfMedians, ours?.pairwiseRatio], [1, 1]);
    assert.deepEqual([theirs?.ratioOfMedians, theirs?.pairwiseRatio], [5, 10]);
    assert.deepEqual([theirs?.min, theirs?.median, theirs?.max, theirs?.samples], [10, 10, 60, 3]);
  });

  it('inverts the ratio where more is better', () => {
    const [, theirs] = summarize({ ...comparison, better: 'higher' });
    assert.deepEqual([theirs?.ratioOfMedians, theirs?.pairwiseRatio], [0.2, 0.1]);
  });

  it('has a 99th percentile only with enough samples', () => {
    const series = (count: number) => [
      { name: 'ours', rounds: [Array.from({ length: count }, (_, index) => index + 1)] },
    ];
    assert.equal(summarize({ ...comparison, series: series(99) })[0]?.p99, null);
    assert.equal(summarize({ ...comparison, series: series(100) })[0]?.p99, 99);
  });
});

describe('a target', () => {
  it('is met or missed by the medians', () => {
    const target = (atLeast: number) =>
      ({ kind: 'times-better', name: 'ours', rival: 'theirs', atLeast }) as const;
    const limit = (atMost: number) => ({ kind: 'limit', name: 'ours', atMost }) as const;
    const verdicts = judge({
      ...comparison,
      targets: [target(5), target(6), limit(2), limit(1.9)],
    });
    assert.deepEqual(
      verdicts.map(({ value, met }) => [value, met]),
      [
        [5, true],
        [5, false],
        [2, true],
        [2, false],
      ],
    );
  });

  it('on a 99th percentile is met or missed by that', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    const series = [{ name: 'ours', rounds: [values] }];
    const limit = (atMost: number) => ({ kind: 'p99-limit', name: 'ours', atMost }) as const;
    const verdicts = judge({ ...comparison, series, targets: [limit(99), limit(98)] });
    assert.deepEqual(
      verdicts.map(({ value, met }) => [value, met]),
      [
        [99, true],
        [99, false],
      ],
    );
  });

  it('names what was measured', () => {
    const target = { kind: 'limit', name: 'somebody', atMost: 1 } as const;
    assert.throws(() => judge({ ...comparison, targets: [target] }), RangeError);
  });
});

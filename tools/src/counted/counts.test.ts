import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countsOfRun, formatCounts, parseRuns, parseUnittest, sumCounts } from './counts.ts';

describe('formatCounts', () => {
  it('names skipped tests only if there were any', () => {
    assert.equal(formatCounts({ passed: 3, failed: 0, skipped: 0 }), '3 passed, 0 failed');
    assert.equal(
      formatCounts({ passed: 3, failed: 1, skipped: 2 }),
      '3 passed, 1 failed, 2 skipped',
    );
  });

  it('sums nothing to nothing', () => {
    assert.equal(formatCounts(sumCounts([])), '0 passed, 0 failed');
  });
});

describe('countsOfRun', () => {
  const run = { directory: '/a', tests: 10, passed: 5, skipped: 2, todo: 1, failures: [] };

  it('counts a test that neither passed nor was skipped as failed, so that a cancelled test is no success', () => {
    assert.deepEqual(countsOfRun(run), { passed: 5, failed: 2, skipped: 3 });
  });

  it('reads the written lines one by one', () => {
    assert.deepEqual(parseRuns(`${JSON.stringify(run)}\n${JSON.stringify(run)}\n`), [run, run]);
    assert.deepEqual(parseRuns(''), []);
  });
});

describe('parseUnittest', () => {
  it('reads a success', () => {
    const output = 'x\n-----\nRan 12 tests in 0.003s\n\nOK\n';
    assert.deepEqual(parseUnittest(output), {
      counts: { passed: 12, failed: 0, skipped: 0 },
      failures: [],
    });
  });

  it('reads failures, errors and skips, with names', () => {
    const output =
      'FAIL: test_a (t.A.test_a)\nERROR: test_b (t.A.test_b)\nRan 5 tests in 1.2s\n\nFAILED (failures=1, errors=1, skipped=1)\n';
    const parsed = parseUnittest(output);
    assert.deepEqual(parsed?.counts, { passed: 2, failed: 2, skipped: 1 });
    assert.deepEqual(
      parsed.failures.map(({ name }) => name),
      ['test_a (t.A.test_a)', 'test_b (t.A.test_b)'],
    );
  });

  it('counts an expected failure as a pass, and an unexpected success as a failure', () => {
    const parsed = parseUnittest(
      'Ran 3 tests in 1.2s\n\nFAILED (expected failures=1, unexpected successes=1)\n',
    );
    assert.deepEqual(parsed?.counts, { passed: 1, failed: 1, skipped: 1 });
  });

  it('finds no summary after a crash', () => {
    assert.equal(parseUnittest('Traceback (most recent call last):\n'), null);
  });
});

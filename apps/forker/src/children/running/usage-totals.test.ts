import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testRusage } from '../forking/child.test-support.ts';
import { UsageTotals } from './usage-totals.ts';

it('UsageTotals adds up times and faults, and keeps the largest memory of any one child', () => {
  const totals = new UsageTotals();
  totals.add(testRusage);
  totals.add({ ...testRusage, maxRssBytes: 5, userMs: 0.5 });
  assert.deepEqual(
    { ...totals },
    {
      children: 2,
      userMs: 3.5,
      systemMs: 4,
      maxRssBytes: 28_000_000,
      minorFaults: 1200,
      majorFaults: 2,
    },
  );
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readReport } from './report.ts';

const counts = {
  minorFaults: 0,
  majorFaults: 0,
  inBlocks: 0,
  outBlocks: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
};
const rusage = { userMs: 1.5, systemMs: 0, maxRssBytes: 4096, ...counts };

describe('readReport', () => {
  it('takes what the waiting process says', () => {
    for (const report of [
      { event: 'started', pid: 4711 },
      { event: 'log', text: 'Traceback\n' },
      { event: 'failed', kind: 'disk', cause: 'it is full', traceback: '' },
      { event: 'exited', status: 256, rusage },
    ])
      assert.deepEqual(readReport(JSON.stringify(report)), report);
  });

  it('takes nothing that would have another process signalled, or an exit invented', () => {
    for (const line of [
      '',
      'null',
      '1',
      '[]',
      '{}',
      'nonsense',
      '[['.repeat(50_000),
      '{"event":"started"}',
      '{"event":"log"}',
      ...[-1, 0, 1, 1.5, '7', null, 1e400].map((pid) => JSON.stringify({ event: 'started', pid })),
      ...[-1, 65_536, 0.5, '0', null].map((status) =>
        JSON.stringify({ event: 'exited', status, rusage }),
      ),
      ...[null, {}, { ...rusage, userMs: -1 }, { ...rusage, more: 1 }].map((other) =>
        JSON.stringify({ event: 'exited', status: 0, rusage: other }),
      ),
    ])
      assert.equal(readReport(line), null, line.slice(0, 60));
  });
});

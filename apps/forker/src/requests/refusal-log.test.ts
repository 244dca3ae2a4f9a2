import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Logger } from '@hatchery/daemon';
import { refusalLogMs } from '../limits.ts';
import { RefusalLog } from './refusal-log.ts';

/** A log that keeps what it is told. */
function newLog(): { log: Logger; lines: unknown[] } {
  const lines: unknown[] = [];
  return { log: { warn: (...words: unknown[]) => lines.push(words) } as unknown as Logger, lines };
}

describe('RefusalLog', () => {
  it('tells the first refusal at once, and how many followed', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { log, lines } = newLog();
    const refusals = new RefusalLog(log);
    for (const reason of ['full', 'full', 'draining']) refusals.refused(reason);
    assert.deepEqual(lines, [[{ reason: 'full' }, 'fork refused']]);
    t.mock.timers.tick(refusalLogMs);
    assert.deepEqual(lines.slice(1), [
      [{ count: 2, lastReason: 'draining' }, 'more forks refused'],
    ]);
  });

  it('goes on counting while they come, and tells the next one at once when they have stopped', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { log, lines } = newLog();
    const refusals = new RefusalLog(log);
    for (let second = 0; second < 3; second += 1) {
      for (const reason of ['full', 'full']) refusals.refused(reason);
      t.mock.timers.tick(refusalLogMs);
    }
    assert.equal(lines.length, 4);
    t.mock.timers.tick(refusalLogMs);
    refusals.refused('draining');
    assert.deepEqual(lines.at(-1), [{ reason: 'draining' }, 'fork refused']);
  });
});

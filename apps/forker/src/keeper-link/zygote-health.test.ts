import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ZygoteHealth } from '@hatchery/events';
import type { KeeperEvent } from './messages.ts';
import { healthAfter, unknownHealth } from './zygote-health.ts';

const failed: KeeperEvent = {
  event: 'zygote.failed',
  step: 'importing x',
  message: 'no x',
  stderr: ['no x'],
  attempts: 2,
  failedAtMs: 0,
  retryInMs: 1000,
  servingPid: 7,
};
const ready: KeeperEvent = {
  event: 'zygote.ready',
  pid: 8,
  modules: 1,
  startedInMs: 1,
  readyAtMs: 60_000,
  tried: false,
};
const serving: ZygoteHealth = { ...unknownHealth, pid: 7, readySince: '1970-01-01T00:00:00.000Z' };

describe('the health of the zygote', () => {
  it('has one that serves beside the trouble with a newer one, until that comes up', () => {
    const troubled = healthAfter(serving, failed);
    assert.deepEqual([troubled.pid, troubled.readySince], [7, serving.readySince]);
    assert.deepEqual(
      [troubled.trouble?.attempts, troubled.trouble?.failedAt, troubled.trouble?.nextTryAt],
      [2, '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:01.000Z'],
    );
    assert.deepEqual(healthAfter(troubled, ready), {
      ...unknownHealth,
      pid: 8,
      readySince: '1970-01-01T00:01:00.000Z',
    });
    assert.equal(
      healthAfter(troubled, { event: 'zygote.died', status: 9, cause: null }).readySince,
      null,
    );
  });

  it('has none while none is known, and does not mind what is said of children', () => {
    assert.deepEqual(healthAfter(serving, { event: 'zygote.none', tried: false }), {
      ...unknownHealth,
      isOff: true,
    });
    assert.equal(healthAfter(unknownHealth, { event: 'connected', id: 'a' }), unknownHealth);
    assert.equal(healthAfter(unknownHealth, { ...failed, servingPid: null }).pid, null);
  });
});

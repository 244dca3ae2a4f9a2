import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judge, type LockFacts } from './condition.ts';

const info = { nonce: 'n', hostname: 'here', pid: 7, user: 'u', startTimeS: 1_000_000 };
const facts: LockFacts = {
  info,
  session: null,
  ownHost: 'here',
  ownFile: true,
  processStartedS: 999_000,
  nowS: 1_000_100,
};
const conditionOf = (change: Partial<LockFacts>): string => judge({ ...facts, ...change }).condition;

describe('a lock', () => {
  it('is held while its session or its process runs', () => {
    assert.deepEqual(judge({ ...facts, session: { state: 'running' } }), {
      condition: 'held',
      reasons: ['the session that took it runs'],
    });
    assert.equal(conditionOf({}), 'held');
    // Both clocks are whole seconds.
    assert.equal(conditionOf({ processStartedS: 1_000_001 }), 'held');
  });

  it('is orphaned when its session has ended, however', () => {
    const { condition, reasons } = judge({ ...facts, session: { state: 'ended', how: 'SIGKILL' } });
    assert.deepEqual([condition, reasons], ['orphaned', ['the session that took it has ended: SIGKILL']]);
  });

  it('is stale when its process is gone', () => {
    const { condition, reasons } = judge({ ...facts, processStartedS: null });
    assert.equal(condition, 'stale');
    assert.deepEqual(reasons, ['it was taken on this host by this user', 'process 7 is gone']);
  });

  it('is stale when another process has its pid by now', () => {
    const { condition, reasons } = judge({ ...facts, processStartedS: 1_000_050 });
    assert.equal(condition, 'stale');
    assert.match(reasons.join(), /started later than the lock/);
  });

  it('that is unknown tells the tests that it passed, too', () => {
    assert.deepEqual(judge({ ...facts, info: { ...info, pid: null } }).reasons, [
      'it was taken on this host by this user',
      'it does not say by which process it was taken',
    ]);
    const { reasons } = judge({ ...facts, ownFile: false });
    assert.deepEqual(reasons, ['it was taken on this host by another user, whose processes may be hidden']);
  });

  it('is unknown when it cannot be known', () => {
    const dead = { processStartedS: null };
    assert.equal(conditionOf({ ...dead, info: { corrupt: 'its info file is empty' } }), 'unknown');
    assert.equal(conditionOf({ ...dead, info: { ...info, hostname: 'there' } }), 'unknown');
    assert.equal(conditionOf({ ...dead, info: { ...info, hostname: null } }), 'unknown');
    assert.equal(conditionOf({ ...dead, info: { ...info, hostname: 'localhost' }, ownHost: 'localhost' }), 'unknown');
    assert.equal(conditionOf({ ...dead, ownFile: false }), 'unknown');
    assert.equal(conditionOf({ ...dead, info: { ...info, pid: null } }), 'unknown');
    assert.equal(conditionOf({ info: { ...info, startTimeS: null } }), 'unknown');
    assert.equal(conditionOf({ info: { ...info, startTimeS: 2_000_000 } }), 'unknown');
  });

  it('dated in the future is stale all the same when its process is gone', () => {
    assert.equal(conditionOf({ processStartedS: null, info: { ...info, startTimeS: 2_000_000 } }), 'stale');
  });
});

it('only what is known to be dead is stale, and every condition has a reason', () => {
  const some = fc.record({
    info: fc.oneof(
      fc.constant({ corrupt: 'c' }),
      fc.record({
        nonce: fc.constant('n'),
        hostname: fc.constantFrom('here', 'there', 'localhost', null),
        pid: fc.constantFrom(7, null),
        user: fc.constant('u'),
        startTimeS: fc.option(fc.integer({ min: 0, max: 300 })),
      }),
    ),
    session: fc.constantFrom(null, { state: 'running' } as const, { state: 'ended', how: 'exit 0' } as const),
    ownHost: fc.constantFrom('here', 'localhost'),
    ownFile: fc.boolean(),
    processStartedS: fc.option(fc.integer({ min: 0, max: 300 })),
    nowS: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(some, (one: LockFacts) => {
      const { condition, reasons } = judge(one);
      assert.ok(reasons.length > 0 && reasons.every((reason) => reason !== ''));
      if (condition !== 'stale') return;
      assert.ok(!('corrupt' in one.info) && one.session === null && one.ownFile);
      assert.ok(one.info.hostname === one.ownHost && one.ownHost !== 'localhost' && one.info.pid !== null);
      const { processStartedS, info: read } = one;
      assert.ok(processStartedS === null || (read.startTimeS !== null && processStartedS > read.startTimeS));
    }),
  );
});

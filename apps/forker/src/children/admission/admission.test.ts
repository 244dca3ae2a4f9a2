import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  forkMsMax,
  fullExpectedWaitMsMax,
  fullWaitMsMax,
  waitingRequestsMax,
} from '../../limits.ts';
import { judge, lateReason, type Load } from './admission.ts';

const limits = { childrenMax: 10, childrenPerUserMax: 3 };
const idle: Load = {
  draining: false,
  drainReason: null,
  children: 0,
  childrenOfUser: 0,
  user: 'alice',
  waiting: 0,
  canFork: true,
  expectedWaitMs: Infinity,
};

/** The reason of a refusal, with the limit it is counted under. */
function refusal(changes: Partial<Load>): [limit: string, reason: string] {
  const verdict = judge({ ...idle, ...changes }, limits);
  return verdict.kind === 'refuse' ? [verdict.limit, verdict.reason] : [verdict.kind, ''];
}

describe('judge', () => {
  it('admits up to each limit', () => {
    assert.deepEqual(judge(idle, limits), { kind: 'fork' });
    assert.deepEqual(judge({ ...idle, children: 9, childrenOfUser: 2 }, limits), { kind: 'fork' });
  });

  it('admits nobody while the service drains', () => {
    assert.deepEqual(refusal({ draining: true }), [
      'draining',
      'the service is being drained and takes no new session; try again in a minute',
    ]);
    assert.deepEqual(refusal({ draining: true, drainReason: 'new disks' }), [
      'draining',
      'the service is being drained and takes no new session: new disks; try again in a minute',
    ]);
  });

  it('names the limit that is reached, its key, how many there are, and when to come back', () => {
    assert.deepEqual(refusal({ children: 10 }), [
      'max_children',
      'the service is full: 10 of 10 sessions are in use (max_children); try again in a minute',
    ]);
    assert.deepEqual(refusal({ childrenOfUser: 3 }), [
      'max_children_per_user',
      'alice has 3 of 3 sessions in use (max_children_per_user); end one, or try again in a minute',
    ]);
  });

  it('counts nobody together with others who gave no name', () => {
    assert.deepEqual(judge({ ...idle, user: null, childrenOfUser: 9 }, limits), { kind: 'fork' });
  });

  it('lets a request wait for a place that will come free in time, and refuses at once one that would wait in vain', () => {
    const full = { children: 10, expectedWaitMs: fullExpectedWaitMsMax };
    assert.deepEqual(judge({ ...idle, ...full }, limits), {
      kind: 'wait',
      waitMsMax: fullWaitMsMax,
    });
    const [limit, reason] = refusal({ ...full, expectedWaitMs: 6400 });
    assert.equal(limit, 'max_children');
    assert.match(reason, /; try again in 7 s$/);
  });

  it('lets a request wait while the keeper is away or busy, and behind those that wait already', () => {
    for (const changes of [{ canFork: false }, { waiting: 1 }]) {
      assert.deepEqual(judge({ ...idle, ...changes }, limits), {
        kind: 'wait',
        waitMsMax: forkMsMax,
      });
    }
  });

  it('refuses when too many wait already', () => {
    const [limit, reason] = refusal({ waiting: waitingRequestsMax, expectedWaitMs: 900 });
    assert.equal(limit, 'waiting');
    assert.equal(
      reason,
      `${waitingRequestsMax} requests wait for a session already, which is the most there may; try again in 1 s`,
    );
  });

  it('never exceeds a limit, and refuses in one line that says when to come back', () => {
    const load = fc.record({
      draining: fc.boolean(),
      drainReason: fc.constantFrom(null, 'new disks'),
      children: fc.nat(12),
      childrenOfUser: fc.nat(5),
      user: fc.constantFrom('alice', null),
      waiting: fc.constantFrom(0, 1, waitingRequestsMax - 1, waitingRequestsMax),
      canFork: fc.boolean(),
      expectedWaitMs: fc.oneof(fc.nat(100_000), fc.constant(Infinity)),
    });
    fc.assert(
      fc.property(load, (one) => {
        const verdict = judge(one, limits);
        if (verdict.kind === 'refuse')
          return assert.match(verdict.reason, /^[^\n]+try again in (a minute|\d+ s)$/);
        assert.ok(
          !one.draining &&
            (one.user === null || one.childrenOfUser < 3) &&
            one.waiting < waitingRequestsMax,
        );
        if (verdict.kind === 'fork')
          assert.ok(one.children < 10 && one.canFork && one.waiting === 0);
      }),
    );
  });
});

describe('lateReason', () => {
  it('says what a request has waited for in vain', () => {
    assert.match(
      lateReason({ ...idle, children: 10, expectedWaitMs: 3000 }, limits),
      /is full: 10 of 10 .* in 3 s$/,
    );
    assert.match(
      lateReason({ ...idle, canFork: false }, limits),
      /^no session came up within 15 s: try again/,
    );
  });
});

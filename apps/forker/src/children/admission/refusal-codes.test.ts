import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forkRefusalCodeOf } from '@hatchery/protocol';
import { waitingRequestsMax } from '../../limits.ts';
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

/** What the gateway makes of the words that a request in this load is refused with. */
function codeOf(changes: Partial<Load>): string {
  const verdict = judge({ ...idle, ...changes }, limits);
  return verdict.kind === 'refuse' ? forkRefusalCodeOf(verdict.reason) : verdict.kind;
}

test('the gateway knows each refusal by its words', () => {
  assert.equal(codeOf({ draining: true }), 'fork-service-draining');
  assert.equal(codeOf({ draining: true, drainReason: 'new disks' }), 'fork-service-draining');
  assert.equal(codeOf({ children: 10 }), 'service-full');
  assert.equal(codeOf({ childrenOfUser: 3 }), 'children-per-user');
  assert.equal(codeOf({ waiting: waitingRequestsMax, canFork: false }), 'fork-queue-full');
  assert.equal(forkRefusalCodeOf(lateReason(idle, limits)), 'fork-late');
  assert.equal(forkRefusalCodeOf(lateReason({ ...idle, children: 10 }, limits)), 'service-full');
});

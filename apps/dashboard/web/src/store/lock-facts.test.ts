import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, type Lock } from '@hatchery/events';
import { exampleChild, exampleLock, exampleParty } from '@hatchery/events/fixtures';
import { waitForest } from '@hatchery/locks';
import { blocksSession, findingsOf, locksByChild, locksOf, oldestWait } from './lock-facts.ts';

const since = (minute: number): string => `2026-11-21T06:0${minute}:00.000Z`;

test('an ended child waits for nothing any more', () => {
  const lock = exampleLock('l1', {
    waiters: [exampleParty('c2'), exampleParty('c3'), exampleParty(null)],
  });
  const view = { ...emptyView, children: { c2: exampleChild('c2') }, locks: { l1: lock } };
  assert.deepEqual(
    locksOf(view)[0]?.waiters.map(({ childId }) => childId),
    ['c2', null],
  );
  assert.deepEqual(
    [...locksByChild(locksOf(view))].map(([id, { holds, awaits }]) => [
      id,
      holds.length,
      awaits.length,
    ]),
    [
      ['c1', 1, 0],
      ['c2', 0, 1],
    ],
  );
});

test('the longest wait is found at any depth, and null when unknown', () => {
  const first = exampleLock('l1', { waiters: [exampleParty('c2', { since: since(3) })] });
  const second = exampleLock('l2', {
    holder: exampleParty('c2'),
    waiters: [exampleParty('c3', { since: since(1) }), exampleParty('c4', { since: null })],
  });
  assert.equal(oldestWait(waitForest([first, second]).roots[0]?.blocks ?? []), since(1));
  const unsaid = exampleLock('l1', { waiters: [exampleParty('c2', { since: null })] });
  assert.equal(oldestWait(waitForest([unsaid]).roots[0]?.blocks ?? []), null);
});

test('a script that waits for a script is no session; a session behind it is one', () => {
  const job = (pid: number): ReturnType<typeof exampleParty> => exampleParty(null, { pid });
  const scripts = exampleLock('l1', { kind: 'script', holder: job(1), waiters: [job(2)] });
  const behind = exampleLock('l2', { holder: job(2), waiters: [exampleParty('c3')] });
  const blocks = (...locks: Lock[]) => waitForest(locks).roots[0]?.blocks ?? [];
  assert.equal(blocksSession(blocks(scripts)), false);
  assert.equal(blocksSession(blocks(scripts, behind)), true);
});

for (const [condition, last] of [
  ['held', false],
  ['stale', true],
  ['orphaned', true],
  ['unknown', null],
] as const)
  test(`the last reason of a lock that is ${condition} says so`, () => {
    const reasons = ['it was taken on this host by this user', 'process 5 …'];
    assert.deepEqual(findingsOf(exampleLock('l1', { condition, reasons })), [
      { text: reasons[0], speaksForIt: true },
      { text: reasons[1], speaksForIt: last },
    ]);
  });

test('data that the fork service does not send is not made up', () =>
  assert.deepEqual(findingsOf(exampleLock('l1')), []));

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView } from '@hatchery/events';
import { firstState, type LiveState } from '../live/connection.ts';
import { aLock, aParty } from '../fixtures/locks.ts';
import { concerns } from './concerns.ts';

const at = 1_000_000;
const up = { up: true, since: new Date(0).toISOString() } as const;
const well: LiveState = {
  ...firstState(0),
  data: { epoch: 'e', seq: 1, round: 0, view: emptyView },
  server: { epoch: 'e', role: 'admin', build: 'b1', host: 'vm' },
  firstBuild: 'b1',
  feed: up,
  heardAt: at,
  clockOffsetMs: 0,
};
const service = { zygote: { state: 'ready', pid: 7 }, draining: false, drainedBy: null } as const;
const titles = (state: LiveState, now: Parameters<typeof concerns>[1], instant = at): string[] =>
  concerns(state, now, [], instant).map(({ title }) => title);

test('when all is well there is nothing to say', () => assert.deepEqual(titles(well, service), []));

test('a forker that is away is said with since when and why', () => {
  const [concern] = concerns(
    { ...well, feed: { up: false, since: new Date(at - 72_000).toISOString(), reason: 'gone' } },
    service,
    [],
    at,
  );
  assert.equal(concern?.title, 'Forker away');
  assert.match(concern?.detail ?? '', /1.m 12.s: gone/);
});

test('what hurts comes before what was wished', () => {
  const zygote = { state: 'failed', step: 'preload', message: 'no breezy' } as const;
  assert.deepEqual(titles({ ...well, firstBuild: 'b0' }, { zygote, draining: true, drainedBy: 'bo' }), [
    'Zygote failed',
    'Draining',
    'New version',
  ]);
});

test('a server that is silent is said, as the page cannot know anything else', () => {
  assert.deepEqual(titles(well, service, at + 5_000), ['Dashboard lost']);
});

test('who is signed out is told so, and not that the server is lost', () => {
  assert.deepEqual(titles({ ...well, refusal: 'Not signed in.' }, service, at + 60_000), ['Signed out']);
});

const minutesAgo = (minutes: number): string => new Date(at - minutes * 60_000).toISOString();

test('who keeps others waiting is named once, with all behind it, and hurts after a minute', () => {
  const held = aLock('l1', { waiters: [aParty('c2', { since: minutesAgo(2) })] });
  const further = aLock('l2', { holder: aParty('c2'), waiters: [aParty('c3', { since: minutesAgo(0) })] });
  const found = concerns(well, service, [held, further], at);
  assert.deepEqual(
    found.map(({ title, harm, childId, lockId }) => [title, harm, childId, lockId]),
    [['anna (pid 4000001) blocks 2', 'alarm', 'c1', 'l1']],
  );
  assert.equal(found[0]?.tree?.blocked[0]?.waiters[0]?.blocked[0]?.waiters[0]?.name, 'c3');
});

test('a lock that was left behind is told with what can break it', () => {
  const [concern] = concerns(well, service, [aLock('l1', { condition: 'stale' })], at);
  assert.deepEqual([concern?.title, concern?.lockId, concern?.harm], ['Stale lock', 'l1', 'notice']);
});

test('a stuck child comes before what was wished', () => {
  const stuck = { ...well, stuck: [{ id: 'c1', since: minutesAgo(7) }] };
  const found = concerns(stuck, { ...service, draining: true }, [], at);
  assert.match(found[0]?.title ?? '', /is stuck/);
  assert.equal(found[0]?.childId, 'c1');
});

test('a hundred stale locks are a few lines and a count', () => {
  const locks = Array.from({ length: 100 }, (_, index) => aLock(`l${index}`, { condition: 'stale' }));
  const found = concerns(well, service, locks, at);
  assert.equal(found.length, 6);
  assert.equal(found.at(-1)?.title, '95 more stale locks');
});

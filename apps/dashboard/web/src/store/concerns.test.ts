// Long: a test for each concern that the page can show.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, type Lock } from '@hatchery/events';
import { exampleChild, exampleLock, exampleParty } from '@hatchery/events/fixtures';
import { firstState, type LiveState } from '../live/connection.ts';
import { concerns } from './concerns.ts';

const at = 1_000_000;
const up = {
  up: true,
  since: new Date(0).toISOString(),
  heardAt: new Date(0).toISOString(),
} as const;
const well: LiveState = {
  ...firstState(0),
  data: { epoch: 'e', seq: 1, round: 0, view: emptyView },
  server: { epoch: 'e', role: 'admin', build: 'b1', host: 'vm', drainTimeoutS: 300 },
  firstBuild: 'b1',
  feed: up,
  heardAt: at,
  clockOffsetMs: 0,
};
const service = {
  zygote: { state: 'ready', pid: 7 },
  draining: false,
  drainedBy: null,
  drainReason: null,
  drainDeadline: null,
} as const;
const all = (): boolean => true;
const none = (): boolean => false;
const titles = (state: LiveState, now: Parameters<typeof concerns>[1], instant = at): string[] =>
  concerns(state, now, [], instant, all).map(({ title }) => title);

test('when all is well the list is empty', () => assert.deepEqual(titles(well, service), []));

test('a forker that is away is shown with when and why', () => {
  const [concern] = concerns(
    { ...well, feed: { up: false, since: new Date(at - 72_000).toISOString(), reason: 'gone' } },
    service,
    [],
    at,
    all,
  );
  assert.equal(concern?.title, 'Forker away');
  assert.match(concern?.detail ?? '', /1.m 12.s: gone/);
});

test('problems come before what an operator asked for', () => {
  const zygote = { state: 'failed', step: 'preload', message: 'no breezy' } as const;
  assert.deepEqual(titles({ ...well, firstBuild: 'b0' }, { ...service, zygote, draining: true }), [
    'Zygote failed',
    'Draining',
    'New version',
  ]);
});

test('a silent server is a concern, since the page cannot know anything else', () => {
  assert.deepEqual(titles(well, service, at + 5_000), ['Dashboard lost']);
});

test('a signed-out user learns that, and not that the server is lost', () => {
  assert.deepEqual(titles({ ...well, refusal: 'Not signed in.' }, service, at + 60_000), [
    'Signed out',
  ]);
});

const minutesAgo = (minutes: number): string => new Date(at - minutes * 60_000).toISOString();

test('a holder that keeps others waiting is listed once, with all waiters behind it, and becomes an alarm after a minute', () => {
  const held = exampleLock('l1', { waiters: [exampleParty('c2', { since: minutesAgo(2) })] });
  const further = exampleLock('l2', {
    holder: exampleParty('c2'),
    waiters: [exampleParty('c3', { since: minutesAgo(0) })],
  });
  const found = concerns(well, service, [held, further], at, all);
  assert.deepEqual(
    found.map(({ title, harm, childId, lockId }) => [title, harm, childId, lockId]),
    [['anna (pid 4000001) blocks 2', 'alarm', 'c1', 'l1']],
  );
  assert.equal(found[0]?.blocks?.[0]?.waiters[0]?.blocks[0]?.waiters[0]?.party?.childId, 'c3');
});

test('a deadlock is listed once, at once and as an alarm, with those behind it and not with itself twice', () => {
  const first = exampleLock('l1', {
    waiters: [exampleParty('c2', { user: 'bo' }), exampleParty('c3')],
  });
  const second = exampleLock('l2', {
    holder: exampleParty('c2', { user: 'bo' }),
    waiters: [exampleParty('c1', { since: minutesAgo(0) })],
  });
  const [concern, ...others] = concerns(well, service, [first, second], at, all);
  assert.deepEqual(others, []);
  assert.equal(concern?.harm, 'alarm');
  assert.match(concern?.title ?? '', /^Deadlock: (anna|bo) \(pid \d+\), (anna|bo) \(pid \d+\)$/);
  assert.match(
    concern?.detail ?? '',
    /each waits for the next.*; 1 more behind them\. End one of them\.$/,
  );
  assert.equal(concern?.deadlock?.steps.length, 2);
});

test('a script that waits for a script is no alarm, however long: a stale lock comes before it', () => {
  const job = (pid: number): Lock['holder'] => exampleParty(null, { pid, since: minutesAgo(20) });
  const script = exampleLock('l1', { kind: 'script', holder: job(7), waiters: [job(8)!] });
  const stale = exampleLock('l2', { condition: 'stale' });
  assert.deepEqual(
    concerns(well, service, [script, stale], at, all).map(({ title, harm }) => [title, harm]),
    [
      ['Stale branch lock', 'alarm'],
      ['anna (pid 7) blocks 1', 'notice'],
    ],
  );
});

test('a lock that was left behind is listed with how to break it', () => {
  const [concern] = concerns(well, service, [exampleLock('l1', { condition: 'stale' })], at, all);
  assert.deepEqual(
    [concern?.title, concern?.lockId, concern?.harm],
    ['Stale branch lock', 'l1', 'alarm'],
  );
});

test('a stuck child comes before what an operator asked for', () => {
  const stuck = { ...well, stuck: [{ id: 'c1', since: minutesAgo(7) }] };
  const found = concerns(stuck, { ...service, draining: true }, [], at, all);
  assert.match(found[0]?.title ?? '', /is stuck/);
  assert.equal(found[0]?.childId, 'c1');
});

test('a hundred stale locks are a few lines and a count', () => {
  const locks = Array.from({ length: 100 }, (_, index) =>
    exampleLock(`l${index}`, { condition: 'stale' }),
  );
  const found = concerns(well, service, locks, at, all);
  assert.equal(found.length, 6);
  assert.equal(found.at(-1)?.title, '95 more stale locks');
});

test('a holder that is gone is not offered to be ended, and its lock is listed once, with when it frees itself', () => {
  const held = {
    condition: 'orphaned',
    waiters: [exampleParty('c2', { since: minutesAgo(0) })],
  } as const;
  const graceEndsAt = new Date(at + 6_400).toISOString();
  const found = concerns(well, service, [exampleLock('l1', { ...held, graceEndsAt })], at, none);
  assert.deepEqual(
    found.map(({ title, childId, lockId }) => [title, childId, lockId]),
    [['anna (pid 4000001) blocks 1', undefined, 'l1']],
  );
  assert.match(
    found[0]?.detail ?? '',
    /Its process is gone\. It frees itself in 7.s, unless its client comes back\.$/,
  );
});

for (const [name, changes, told] of [
  [
    'whose grace is over',
    { condition: 'orphaned', graceEndsAt: new Date(at - 1).toISOString() },
    /as soon as no session/,
  ],
  [
    'of one that nothing frees by itself',
    { condition: 'orphaned' },
    /Its client may still come back\.$/,
  ],
  ['that is stale', { condition: 'stale' }, /It stays until it is broken\.$/],
] as const)
  test(`a lock ${name} is listed with what becomes of it`, () => {
    const [concern] = concerns(well, service, [exampleLock('l1', changes)], at, none);
    assert.match(concern?.detail ?? '', told);
    assert.deepEqual([concern?.lockId, concern?.childId], ['l1', undefined]);
  });

test('a stuck child that has ended since is no longer a concern', () => {
  const stuck = { ...well, stuck: [{ id: 'c1', since: minutesAgo(7) }] };
  assert.deepEqual(concerns(stuck, service, [], at, none), []);
});

test('a drain is shown with who, why, how many are left and when they are disconnected', () => {
  const told = (
    changes: Partial<Parameters<typeof concerns>[1]>,
    children: readonly string[],
  ): string => {
    const living = Object.fromEntries(children.map((id) => [id, exampleChild(id)]));
    const state = {
      ...well,
      data: { epoch: 'e', seq: 1, round: 0, view: { ...emptyView, children: living } },
    };
    return (
      concerns(state, { ...service, draining: true, ...changes }, [], at, all)[0]?.detail ?? ''
    );
  };
  const whole = {
    drainedBy: 'bo',
    drainReason: 'new disks',
    drainDeadline: new Date(at + 61_000).toISOString(),
  };
  assert.match(
    told(whole, ['c1', 'c2']),
    /^by bo: new disks\. No new session is taken\. 2 sessions may finish for 1.m 01.s more, and are disconnected then\.$/,
  );
  assert.match(
    told({ ...whole, drainDeadline: new Date(at).toISOString() }, ['c1']),
    /1 session may finish; the time is up/,
  );
  assert.equal(told(whole, []), 'by bo: new disks. No new session is taken. None is left.');
  assert.equal(told({}, ['c1']), 'No new session is taken. 1 session may finish.', 'as of a stop');
});

test('a user who was signed out elsewhere and continues as a viewer learns so', () => {
  const demoted = {
    ...well,
    server: { ...well.server!, role: 'viewer' as const },
    formerRole: 'admin' as const,
  };
  const [concern] = concerns(demoted, service, [], at, all);
  assert.deepEqual([concern?.title, concern?.harm], ['You are viewer', 'notice']);
  assert.match(concern?.detail ?? '', /was signed in as admin/);
  assert.deepEqual(concerns({ ...well, formerRole: 'admin' }, service, [], at, all), []);
});

test('a read-only service is shown with who, since when and why', () => {
  const readOnly = { reason: 'the disks move', since: minutesAgo(3), actor: 'bo' };
  const [concern] = concerns({ ...well, readOnly }, service, [], at, all);
  assert.deepEqual([concern?.title, concern?.harm], ['Read-only', 'notice']);
  assert.match(
    concern?.detail ?? '',
    /^by bo for 3.m 00.s: the disks move\. No branch can be changed/,
  );
  const unknown = { reason: 'it cannot be read', since: '', actor: '' };
  assert.match(
    concerns({ ...well, readOnly: unknown }, service, [], at, all)[0]?.detail ?? '',
    /^it cannot be read\./,
  );
});

test('a new zygote that failed to start is an alarm, though an older one serves', () => {
  const zygote = {
    state: 'ready',
    pid: 7,
    failure: { step: 'preload', message: 'no breezy' },
  } as const;
  const [concern] = concerns(well, { ...service, zygote }, [], at, all);
  assert.deepEqual([concern?.title, concern?.harm], ['New zygote failed', 'alarm']);
  assert.match(
    concern?.detail ?? '',
    /^at preload: no breezy\. The older one \(pid 7\) keeps serving/,
  );
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyView } from '@hatchery/events';
import { until } from '@hatchery/testkit';
import { aChild } from '../../test-support/fake-forker.ts';
import { aLock, aParty } from '../../test-support/locks.ts';
import { temporaryDirectory } from '../../test-support/running-dashboard.ts';
import { at, feedInto, openHistory, pushAndWait, start } from '../../test-support/told-history.ts';
import type { SessionFilter } from './query.ts';

const everything: SessionFilter = {
  from: 0,
  to: start * 2,
  user: null,
  branch: null,
  text: null,
  outcome: 'any',
};
const cut = { limit: 100, after: null };

test('sessions, locks and waits can be queried, with their percentiles', async () => {
  using directory = temporaryDirectory();
  await using history = openHistory(join(directory.path, 'history.db'));
  await until('it is open', () => history.state.problem === null);
  pushAndWait(history);
  assert.equal(await history.keepNow([], 5_000), true);
  const { rows } = await history.ask({ name: 'sessions', filter: everything, cut });
  assert.deepEqual(
    rows.map(({ id, user, branch, locks, exit_code }) => [id, user, branch, locks, exit_code]),
    [
      ['c2', 'bo', null, 0, null],
      ['c1', 'anna', '~anna/project/l1', 1, 0],
    ],
  );
  const { all, users, branches } = await history.ask({ name: 'statistics', filter: everything });
  assert.deepEqual(all.session, { count: 1, p50: 7_000, p95: 7_000, p99: 7_000 });
  assert.deepEqual([all.start.p50, all.start.p95], [1_000, 2_000]);
  assert.equal(all.lockHold.p50, 3_000);
  assert.deepEqual(
    users.map(({ name }) => name),
    ['anna', 'bo'],
  );
  assert.deepEqual(
    branches.map(({ name }) => name),
    ['~anna/project/l1'],
  );
  const child = await history.ask({ name: 'child', id: 'c1' });
  assert.equal(child.usage[0]?.['cpu_percent'], 50);
  assert.equal(child.holds[0]?.['ending'], 'released');
});

test('a filter narrows rows and percentiles alike', async () => {
  using directory = temporaryDirectory();
  await using history = openHistory(join(directory.path, 'history.db'));
  await until('it is open', () => history.state.problem === null);
  pushAndWait(history);
  await history.keepNow([], 5_000);
  const of = async (change: Partial<SessionFilter>): Promise<unknown[]> => {
    const { rows } = await history.ask({
      name: 'sessions',
      filter: { ...everything, ...change },
      cut,
    });
    return rows.map(({ id }) => id);
  };
  assert.deepEqual(await of({ user: 'bo' }), ['c2']);
  assert.deepEqual(await of({ branch: '~anna/project/l1' }), ['c1']);
  assert.deepEqual(await of({ outcome: 'running' }), ['c2']);
  assert.deepEqual(await of({ outcome: 'failed' }), []);
  assert.deepEqual(await of({ text: '%' }), [], 'a percent sign is itself');
  assert.deepEqual(await of({ text: '4000002' }), ['c2']);
  assert.deepEqual(await of({ from: start + 60_000 }), []);
  const { all } = await history.ask({ name: 'statistics', filter: { ...everything, user: 'bo' } });
  assert.equal(all.session.count, 0);
  assert.equal(all.session.p50, null);
});

test('a list is read to its end in pages, each row once', async () => {
  using directory = temporaryDirectory();
  await using history = openHistory(join(directory.path, 'history.db'));
  await until('it is open', () => history.state.problem === null);
  const feed = feedInto(history);
  for (let number = 0; number < 25; number += 1)
    feed.happen({
      kind: 'child.spawned',
      child: aChild(`c${number}`, { startedAt: at(Math.floor(number / 5)) }),
    });
  await history.keepNow([], 5_000);
  const ids: unknown[] = [];
  for (let after: string | null = null; ;) {
    const page: { rows: readonly { id?: unknown }[]; next: string | null } = await history.ask({
      name: 'sessions',
      filter: everything,
      cut: { limit: 10, after },
    });
    ids.push(...page.rows.map((row) => row['id']));
    if ((after = page.next) === null) break;
  }
  assert.equal(ids.length, 25);
  assert.equal(new Set(ids).size, 25);
});

test('the next snapshot closes what ended unseen, and a real end overrides that', async () => {
  using directory = temporaryDirectory();
  await using history = openHistory(join(directory.path, 'history.db'));
  await until('it is open', () => history.state.problem === null);
  pushAndWait(history);
  const feed = feedInto(history);
  feed.snapshot('two', emptyView);
  await history.keepNow([], 5_000);
  const open2 = await history.ask({ name: 'child', id: 'c2' });
  assert.equal(open2.session?.['cause'], 'unseen');
  assert.equal(open2.waits[0]?.['ending'], 'unseen');
  const ended = {
    ...aChild('c2', { startedAt: at(1), endedAt: at(9) }),
    exit: { code: 3, signal: null, status: 768 },
  };
  feed.snapshot('two', { ...emptyView, recentChildren: [ended] });
  await history.keepNow([], 5_000);
  assert.equal((await history.ask({ name: 'child', id: 'c2' })).session?.['exit_code'], 3);
});

test('an action that comes back over the feed is one line of the audit; another program’s action is its own line', async () => {
  using directory = temporaryDirectory();
  await using history = openHistory(join(directory.path, 'history.db'));
  await until('it is open', () => history.state.problem === null);
  const intent = { actor: 'admin', verb: 'signal SIGTERM', target: 'c1', reason: 'runaway' };
  const written = await history.keepNow(
    [
      {
        type: 'intent',
        at: start,
        ...intent,
        via: 'dashboard',
        ownId: 'own',
        actionId: null,
        lock: null,
      },
    ],
    5_000,
  );
  assert.equal(written, true);
  const feed = feedInto(history);
  feed.happen({ kind: 'action.requested', actionId: 'a1', ...intent });
  feed.happen({ kind: 'action.requested', actionId: 'a2', ...intent, actor: 'root' });
  feed.happen({ kind: 'action.done', actionId: 'a2', outcome: 'sent' });
  const outcome = {
    type: 'outcome',
    at: start,
    ownId: 'own',
    actionId: null,
    outcome: 'sent',
    lockAfter: null,
  } as const;
  await history.keepNow([outcome], 5_000);
  const { audit } = await history.ask({ name: 'child', id: 'c1' });
  assert.deepEqual(
    audit.map(({ actor, via, action_id, outcome }) => [actor, via, action_id, outcome]),
    [
      ['root', 'forker', 'a2', 'sent'],
      ['admin', 'dashboard', 'a1', 'sent'],
    ],
  );
});

test('the audit shows a broken lock with its name, kind and holder, and its state afterwards', async () => {
  using directory = temporaryDirectory();
  await using history = openHistory(join(directory.path, 'history.db'));
  await until('it is open', () => history.state.problem === null);
  const feed = feedInto(history);
  const before = aLock('l1', {
    kind: 'repository',
    condition: 'stale',
    holder: aParty('c1', { pid: 77 }),
  });
  const intent = { actor: 'admin', verb: 'break-lock', target: 'l1', reason: 'lid' };
  // As this page asked, which had seen another holder a moment before.
  const lock = {
    name: before.name,
    kind: before.kind,
    path: before.path,
    state: 'held, bo (pid 5 on vm)',
  };
  await history.keepNow(
    [
      {
        type: 'intent',
        at: start,
        ...intent,
        via: 'dashboard',
        ownId: 'own',
        actionId: null,
        lock,
      },
    ],
    5_000,
  );
  feed.happen({ kind: 'action.requested', actionId: 'a1', ...intent, before });
  feed.happen({ kind: 'action.done', actionId: 'a1', outcome: 'broken', after: null });
  const other = aLock('l2', { condition: 'unknown', holder: null });
  feed.happen({ kind: 'action.requested', actionId: 'a2', ...intent, target: 'l2', before: other });
  feed.happen({ kind: 'action.done', actionId: 'a2', outcome: 'refused', after: other });
  feed.happen({ kind: 'action.requested', actionId: 'a3', ...intent, target: 'l3' });
  feed.happen({ kind: 'action.done', actionId: 'a3', outcome: 'broken' });
  await history.keepNow([], 5_000);
  const found = async (id: string): Promise<unknown[]> => {
    const { audit } = await history.ask({ name: 'child', id });
    return audit.map((row) =>
      ['lock_name', 'lock_kind', 'lock_before', 'lock_after'].map((column) => row[column]),
    );
  };
  const nobody = 'unknown, its holder not known';
  assert.deepEqual(await found('l1'), [
    ['~anna/project/l1', 'repository', 'stale, anna (pid 77 on hatchery-1)', 'free'],
  ]);
  assert.deepEqual(await found('l2'), [['~anna/project/l2', 'branch', nobody, nobody]]);
  assert.deepEqual(await found('l3'), [[null, null, null, null]]);
});

test('a history that is opened again still has its records', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'history.db');
  {
    await using history = openHistory(path);
    await until('it is open', () => history.state.problem === null);
    pushAndWait(history);
  }
  await using history = openHistory(path);
  await until('it is open', () => history.state.problem === null);
  assert.equal((await history.ask({ name: 'sessions', filter: everything, cut })).rows.length, 2);
});

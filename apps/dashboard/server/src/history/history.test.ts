import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { emptyView, reduce, type Event, type EventBody, type View } from '@hatchery/events';
import { aChild, aUsage, exited } from '../fixtures/fake-forker.ts';
import { aLock, aParty } from '../fixtures/locks.ts';
import { eventually, temporaryDirectory } from '../fixtures/running-dashboard.ts';
import { historyQueueMax } from '../limits.ts';
import { History, HistoryError, type HistoryState } from './history.ts';
import type { SessionFilter } from './query.ts';
import { Recorder } from './recorder.ts';

const start = Date.parse('2026-11-21T06:00:00.000Z');
const everything: SessionFilter = { from: 0, to: start * 2, user: null, branch: null, text: null, outcome: 'any' };
const cut = { limit: 100, after: null };

function open(path: string, bytesMax = 64 * 1024 * 1024): History & { readonly problems: HistoryState[] } {
  const problems: HistoryState[] = [];
  return Object.assign(new History({ path, bytesMax }, (state) => problems.push(state)), { problems });
}

/** A feed in the fewest words: what happens, second after second, and what a recorder makes of it. */
function feedInto(history: History) {
  const recorder = new Recorder(() => start);
  let view: View = emptyView;
  let seconds = 0;
  return {
    happen: (body: EventBody) => {
      const at = new Date(start + (seconds += 1) * 1_000).toISOString();
      const event: Event = { ...body, seq: seconds, at };
      history.keep(recorder.take({ type: 'event', event }, view));
      view = reduce(view, event);
    },
    snapshot: (epoch: string, told: View) => {
      history.keep(recorder.take({ type: 'snapshot', epoch, seq: 0, view: told }, view));
      view = told;
    },
  };
}

const at = (second: number): string => new Date(start + second * 1_000).toISOString();

/** Two sessions: c1 pushes for a while under a lock, c2 waits for that lock. */
function pushAndWait(history: History): void {
  const feed = feedInto(history);
  feed.happen({ kind: 'child.spawned', child: aChild('c1', { startedAt: at(0), connectedAt: at(1) }) });
  feed.happen({ kind: 'child.spawned', child: aChild('c2', { startedAt: at(1), connectedAt: at(3), user: 'bo' }) });
  feed.happen({ kind: 'lock.acquired', lock: aLock('l1', { holder: aParty('c1', { since: at(3) }) }) });
  feed.happen({ kind: 'lock.contended', id: 'l1', waiter: aParty('c2', { since: at(4), user: 'bo' }) });
  feed.happen({ kind: 'child.usage', samples: [{ id: 'c1', usage: aUsage(50) }] });
  feed.happen({ kind: 'lock.released', id: 'l1' });
  feed.happen({ ...exited('c1'), endedAt: at(7) } as EventBody);
}

test('sessions, locks and waits can be asked for, with their percentiles', async () => {
  using directory = temporaryDirectory();
  await using history = open(join(directory.path, 'history.db'));
  await eventually('it is open', () => history.state.problem === null);
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
  await using history = open(join(directory.path, 'history.db'));
  await eventually('it is open', () => history.state.problem === null);
  pushAndWait(history);
  await history.keepNow([], 5_000);
  const of = async (change: Partial<SessionFilter>): Promise<unknown[]> => {
    const { rows } = await history.ask({ name: 'sessions', filter: { ...everything, ...change }, cut });
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
  await using history = open(join(directory.path, 'history.db'));
  await eventually('it is open', () => history.state.problem === null);
  const feed = feedInto(history);
  for (let number = 0; number < 25; number += 1)
    feed.happen({ kind: 'child.spawned', child: aChild(`c${number}`, { startedAt: at(Math.floor(number / 5)) }) });
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

test('what ended while nobody listened is closed by the next snapshot, and a true end wins over it', async () => {
  using directory = temporaryDirectory();
  await using history = open(join(directory.path, 'history.db'));
  await eventually('it is open', () => history.state.problem === null);
  pushAndWait(history);
  const feed = feedInto(history);
  feed.snapshot('two', emptyView);
  await history.keepNow([], 5_000);
  const open2 = await history.ask({ name: 'child', id: 'c2' });
  assert.equal(open2.session?.['cause'], 'unseen');
  assert.equal(open2.waits[0]?.['ending'], 'unseen');
  const ended = { ...aChild('c2', { startedAt: at(1), endedAt: at(9) }), exit: { code: 3, signal: null, status: 768 } };
  feed.snapshot('two', { ...emptyView, recentChildren: [ended] });
  await history.keepNow([], 5_000);
  assert.equal((await history.ask({ name: 'child', id: 'c2' })).session?.['exit_code'], 3);
});

test('an action that comes back over the feed is one line of the audit, one of another program its own', async () => {
  using directory = temporaryDirectory();
  await using history = open(join(directory.path, 'history.db'));
  await eventually('it is open', () => history.state.problem === null);
  const intent = { actor: 'admin', verb: 'signal SIGTERM', target: 'c1', reason: 'runaway' };
  const written = await history.keepNow(
    [{ type: 'intent', at: start, ...intent, ownId: 'own', actionId: null }],
    5_000,
  );
  assert.equal(written, true);
  const feed = feedInto(history);
  feed.happen({ kind: 'action.requested', actionId: 'a1', ...intent });
  feed.happen({ kind: 'action.requested', actionId: 'a2', ...intent, actor: 'root' });
  feed.happen({ kind: 'action.done', actionId: 'a2', outcome: 'sent' });
  await history.keepNow([{ type: 'outcome', at: start, ownId: 'own', actionId: null, outcome: 'sent' }], 5_000);
  const filter = { from: 0, to: start * 2, actor: null, text: null };
  const { rows } = await history.ask({ name: 'audit', filter, cut });
  assert.deepEqual(
    rows.map(({ actor, via, action_id, outcome }) => [actor, via, action_id, outcome]),
    [
      ['root', 'forker', 'a2', 'sent'],
      ['admin', 'dashboard', 'a1', 'sent'],
    ],
  );
});

test('a history that is opened again has what was in it', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'history.db');
  {
    await using history = open(path);
    await eventually('it is open', () => history.state.problem === null);
    pushAndWait(history);
  }
  await using history = open(path);
  await eventually('it is open', () => history.state.problem === null);
  assert.equal((await history.ask({ name: 'sessions', filter: everything, cut })).rows.length, 2);
});

test('a damaged file is put aside and told, and a new one is begun', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'history.db');
  writeFileSync(path, 'this was a database once, until something wrote over it'.repeat(100));
  await using history = open(path);
  await eventually('it is open', () => history.state.problem === null);
  assert.match(history.state.movedAside ?? '', /history\.db\.damaged-2/);
  assert.equal(readdirSync(directory.path).filter((name) => name.includes('damaged')).length, 1);
});

test('the history of a newer program is left alone', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'history.db');
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  await using history = open(path);
  await eventually('it is told', () => /version 99/.test(history.state.problem ?? ''));
  await assert.rejects(history.ask({ name: 'child', id: 'c1' }), HistoryError);
});

test('a place that cannot be written costs the history, says so, and stops nothing else', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'a-file');
  writeFileSync(file, '');
  await using history = open(join(file, 'history.db'));
  await eventually('it is told', () => history.state.problem !== 'not open yet');
  assert.match(history.state.problem ?? '', /EEXIST|ENOTDIR/);
  pushAndWait(history);
  assert.equal(await history.keepNow([], 100), false);
  assert.ok(history.state.waiting > 0);
});

test('a full file makes room of its own, and what does not fit is counted, never blocked on', async () => {
  using directory = temporaryDirectory();
  const bytesMax = 400 * 1024;
  await using history = open(join(directory.path, 'history.db'), bytesMax);
  await eventually('it is open', () => history.state.problem === null);
  for (let block = 0; block < 6; block += 1) {
    const feed = feedInto(history);
    for (let number = 0; number < 300; number += 1) {
      const id = `c${block}x${number}`;
      feed.happen({ kind: 'child.spawned', child: aChild(id, { startedAt: at(block), command: 'x'.repeat(300) }) });
      feed.happen({ ...exited(id), endedAt: at(block + 1) } as EventBody);
    }
    await eventually('it is written or refused', () => history.state.waiting === 0 || history.state.problem !== null);
  }
  await eventually('room is made', () => history.state.problem === null && history.state.waiting === 0);
  assert.ok(history.state.bytes <= bytesMax, `${history.state.bytes} bytes`);
  assert.ok(
    history.problems.some(({ problem }) => /full/.test(problem ?? '')),
    'it was full once, and told',
  );
  const { rows } = await history.ask({ name: 'sessions', filter: everything, cut });
  assert.ok(
    rows.some(({ id }) => String(id).startsWith('c5')),
    'the newest are there',
  );
});

test('a queue that no disk takes gives up usage first and the audit last, and counts it', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'a-file');
  writeFileSync(file, '');
  await using history = open(join(file, 'history.db'));
  const usage = {
    type: 'usage',
    childId: 'c1',
    at: 0,
    cpuPercent: 1,
    privateBytes: 1,
    rssBytes: 1,
    ioBytes: 1,
    faults: 1,
  } as const;
  const intent = {
    type: 'intent',
    at: 0,
    actor: 'a',
    verb: 'v',
    target: 't',
    reason: 'r',
    ownId: 'o',
    actionId: null,
  } as const;
  history.keep([intent]);
  for (let count = 0; count < historyQueueMax; count += 1_000)
    history.keep(Array.from({ length: 1_000 }, () => ({ ...usage })));
  history.keep([{ ...usage }]);
  assert.ok(history.state.lost > 0);
  assert.ok(history.state.waiting <= historyQueueMax);
});

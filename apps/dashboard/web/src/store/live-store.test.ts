import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, reduce, type EventBody, type LiveMessage, type View } from '@hatchery/events';
import {
  exampleChild,
  exampleEnd,
  exampleLock,
  exampleParty,
  exampleUsage,
} from '@hatchery/events/fixtures';
import { firstState, type LiveState } from '../live/connection.ts';
import { LiveStore } from './live-store.ts';

function stage() {
  const store = new LiveStore();
  let state: LiveState = {
    ...firstState(0),
    phase: { name: 'open', askedAt: 0, attempt: 0, wokeAt: null },
    heardAt: 0,
  };
  let view: View = emptyView;
  let seq = 0;
  const take = (message: LiveMessage): void => {
    state = { ...state, data: { epoch: 'e', seq, round: 0, view } };
    store.take(state, message);
  };
  const happen = (body: EventBody): void => {
    seq += 1;
    view = reduce(view, body);
    take({ type: 'event', event: { ...body, seq, at: '' } });
  };
  const sample = (id: string, at: string, cpu: number): void => {
    const samples = [{ id, at, usage: exampleUsage(cpu, { privateBytes: 100 }) }];
    view = reduce(view, { kind: 'child.usage', samples });
    take({ type: 'usage', seq, after: 0, round: 1, samples });
  };
  return {
    store,
    happen,
    sample,
    spawn: (id: string) => happen({ kind: 'child.spawned', child: exampleChild(id) }),
  };
}

function repaints(store: LiveStore, id: string): () => number {
  let count = 0;
  store.row(id)?.subscribe(() => (count += 1));
  return () => count;
}

test('a child that changes repaints only its own row', () => {
  const { store, spawn, sample } = stage();
  spawn('c1');
  spawn('c2');
  const [one, two] = [repaints(store, 'c1'), repaints(store, 'c2')];
  sample('c1', '2026-11-21T00:00:01.000Z', 5);
  assert.deepEqual([one(), two()], [1, 0]);
});

test('a child that ends leaves the list and joins the ended', () => {
  const { store, spawn, happen } = stage();
  spawn('c1');
  happen(exampleEnd('c1'));
  assert.equal(store.row('c1'), undefined);
  assert.deepEqual(store.listing.get(), []);
  assert.deepEqual(
    store.ended.get().map((child) => child.id),
    ['c1'],
  );
});

test('the branch of an ended child is remembered, as far as its locks named it', () => {
  const { store, spawn, happen } = stage();
  for (const id of ['c1', 'c2']) spawn(id);
  happen({ kind: 'lock.acquired', lock: exampleLock('l1', { name: '~anna/x' }) });
  happen({ kind: 'lock.released', id: 'l1' });
  for (const id of ['c1', 'c2']) happen(exampleEnd(id));
  assert.deepEqual(
    ['c1', 'c2', 'c9'].map((id) => store.endedBranches.of(id)),
    ['~anna/x', null, null],
  );
});

test('a child whose place another takes at once is not confused with it', () => {
  const { store, spawn, happen } = stage();
  spawn('c1');
  store.pause();
  happen(exampleEnd('c1'));
  spawn('c2');
  store.unpause();
  assert.deepEqual(
    store.listing.get().map((row) => row.child.id),
    ['c2'],
  );
  assert.equal(store.row('c1'), undefined);
});

test('the totals count private memory, and each child once', () => {
  const { store, spawn, sample } = stage();
  spawn('c1');
  spawn('c2');
  sample('c1', '2026-11-21T00:00:01.000Z', 5);
  sample('c2', '2026-11-21T00:00:01.000Z', 7);
  const { sessions, cpuPercent, privateBytes } = store.totals.get();
  assert.deepEqual([sessions, cpuPercent, privateBytes], [2, 12, 200]);
});

test('a paused page counts what it does not show, and shows all of it afterwards', () => {
  const { store, spawn, sample } = stage();
  spawn('c1');
  store.pause();
  spawn('c2');
  sample('c1', '2026-11-21T00:00:01.000Z', 5);
  assert.equal(store.paused.get()?.changes, 1);
  assert.equal(store.listing.get().length, 1);
  assert.equal(store.row('c1')?.get().child.usage, null);
  store.unpause();
  assert.equal(store.listing.get().length, 2);
  assert.deepEqual(store.row('c1')?.get().trend?.cpu.values(), [5]);
});

test('a line stands still while paused, and then shows the samples it missed', () => {
  const { store, spawn, sample } = stage();
  spawn('c1');
  sample('c1', '2026-11-21T00:00:01.000Z', 5);
  store.pause();
  sample('c1', '2026-11-21T00:00:02.000Z', 6);
  assert.deepEqual(store.row('c1')?.get().trend?.cpu.values(), [5]);
  store.unpause();
  assert.deepEqual(store.row('c1')?.get().trend?.cpu.values(), [5, 6]);
});

test('ages stand still while paused', () => {
  const { store } = stage();
  store.tick(1_000);
  store.pause();
  store.tick(9_000);
  assert.deepEqual([store.serverNow.get(), store.clock.get()], [1_000, 9_000]);
});

test('a lock marks only the rows of its holder and its waiters', () => {
  const { store, spawn, happen } = stage();
  for (const id of ['c1', 'c2', 'c3']) spawn(id);
  const bystander = repaints(store, 'c3');
  happen({ kind: 'lock.acquired', lock: exampleLock('l1', { name: '~anna/x' }) });
  happen({ kind: 'lock.contended', id: 'l1', waiter: exampleParty('c2') });
  const shown = ['c1', 'c2', 'c3'].map((id) => {
    const { holds, awaits, branch } = store.row(id)!.get();
    return [holds, awaits, branch];
  });
  assert.deepEqual(shown, [
    [1, 0, '~anna/x'],
    [0, 1, '~anna/x'],
    [0, 0, null],
  ]);
  assert.equal(bystander(), 0);
  assert.deepEqual([store.totals.get().blocked, store.totals.get().locks], [1, 1]);
});

test('an ended child no longer waits, even without an event that says so', () => {
  const { store, spawn, happen } = stage();
  spawn('c1');
  spawn('c2');
  happen({ kind: 'lock.acquired', lock: exampleLock('l1', { waiters: [exampleParty('c2')] }) });
  happen(exampleEnd('c2'));
  assert.deepEqual(store.locks.get()[0]?.waiters, []);
  happen({ kind: 'lock.released', id: 'l1' });
  assert.deepEqual(store.locks.get(), []);
  assert.equal(store.row('c1')?.get().holds, 0);
});

test('a burst of events is one repaint, with nothing left out', () => {
  const runs: (() => void)[] = [];
  const store = new LiveStore((run) => void runs.push(run));
  const view = { ...emptyView, children: { c1: exampleChild('c1'), c2: exampleChild('c2') } };
  const data = { epoch: 'e', seq: 2, round: 0, view };
  let pictures = 0;
  store.listing.subscribe(() => (pictures += 1));
  for (const seq of [1, 2]) store.take({ ...firstState(0), data: { ...data, seq } }, null);
  assert.equal(pictures, 0);
  for (const run of runs) run();
  assert.equal(pictures, 1);
  assert.equal(store.listing.get().length, 2);
});

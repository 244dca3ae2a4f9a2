import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, reduce, type EventBody, type LiveMessage, type View } from '@hatchery/events';
import { aChild, aUsage, exited } from '../fixtures/children.ts';
import { firstState, type LiveState } from '../live/connection.ts';
import { LiveStore } from './live-store.ts';

function stage() {
  const store = new LiveStore();
  let state: LiveState = { ...firstState(0), phase: { name: 'open', askedAt: 0, attempt: 0 }, heardAt: 0 };
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
    const samples = [{ id, at, usage: aUsage(cpu, { privateBytes: 100 }) }];
    view = reduce(view, { kind: 'child.usage', samples });
    take({ type: 'usage', seq, after: 0, round: 1, samples });
  };
  return { store, happen, sample, spawn: (id: string) => happen({ kind: 'child.spawned', child: aChild(id) }) };
}

function repaints(store: LiveStore, id: string): () => number {
  let count = 0;
  store.row(id)?.subscribe(() => (count += 1));
  return () => count;
}

test('a child that changes repaints its own row and no other', () => {
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
  happen(exited('c1'));
  assert.equal(store.row('c1'), undefined);
  assert.deepEqual(store.listing.get(), []);
  assert.deepEqual(
    store.ended.get().map((child) => child.id),
    ['c1'],
  );
});

test('a child whose place is taken at once by another is not confused with it', () => {
  const { store, spawn, happen } = stage();
  spawn('c1');
  store.pause();
  happen(exited('c1'));
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
  assert.deepEqual(store.totals.get(), { sessions: 2, cpuPercent: 12, privateBytes: 200 });
});

test('a paused page counts what it does not show, and shows it all afterwards', () => {
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
  assert.deepEqual(store.row('c1')?.get().trend?.cpu, [5]);
});

test('ages stand still while paused', () => {
  const { store } = stage();
  store.tick(1_000);
  store.pause();
  store.tick(9_000);
  assert.deepEqual([store.serverNow.get(), store.clock.get()], [1_000, 9_000]);
});

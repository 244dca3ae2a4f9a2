import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Lock } from '@hatchery/events';
import { Orphans } from './orphans.ts';

function lock(id: string, user = 'alice'): Lock {
  const holder = { childId: 'c', pid: 1, user, host: 'h', command: null, since: null };
  const own = { id, path: id, name: id, nonce: id };
  return { ...own, kind: 'branch', holder, waiters: [], condition: 'orphaned', reasons: [] };
}

/** Orphans with a clock set by the test, and sessions that are on their way. */
class OrphanBench implements Disposable {
  nowMs = 0;
  readonly onTheirWay = new Set<string | null>();
  readonly freed: string[] = [];
  readonly orphans = new Orphans({
    graceMs: 1_000,
    now: () => this.nowMs,
    mayBeTakenUp: (user, overdueMs) => this.onTheirWay.has(user) && overdueMs < 500,
    free: ({ id }) => void this.freed.push(id),
  });

  constructor(begun = true) {
    if (begun) this.orphans.begin();
  }

  lookAt(nowMs: number): string[] {
    this.nowMs = nowMs;
    this.orphans.look();
    return this.freed;
  }

  [Symbol.dispose](): void {
    this.orphans[Symbol.dispose]();
  }
}

it('an orphan is freed once, after its grace, and its grace does not restart', () => {
  using bench = new OrphanBench();
  bench.orphans.add(lock('l1'));
  assert.deepEqual(bench.lookAt(999), []);
  bench.orphans.add(lock('l1'));
  assert.deepEqual(bench.lookAt(1_000), ['l1']);
  assert.deepEqual(bench.lookAt(5_000), ['l1']);
});

it('one that was taken up again is not freed', () => {
  using bench = new OrphanBench();
  bench.orphans.add(lock('l1'));
  bench.orphans.forget('l1');
  assert.deepEqual(bench.lookAt(5_000), []);
});

it('one whose user has a session on its way waits for that session, and others do not wait', () => {
  using bench = new OrphanBench();
  bench.orphans.add(lock('l1', 'alice'));
  bench.orphans.add(lock('l2', 'bob'));
  bench.onTheirWay.add('alice');
  assert.deepEqual(bench.lookAt(1_000), ['l2']);
  bench.onTheirWay.clear();
  assert.deepEqual(bench.lookAt(1_200), ['l2', 'l1']);
});

it('asks about sessions with the time since the grace ended, so that a user who never pauses does not keep it for ever', () => {
  using bench = new OrphanBench();
  bench.orphans.add(lock('l1', 'alice'));
  bench.onTheirWay.add('alice');
  assert.deepEqual(bench.lookAt(1_499), []);
  assert.deepEqual(bench.lookAt(1_500), ['l1']);
});

it('no grace runs before clients could come back, and then it runs in full', () => {
  using bench = new OrphanBench(false);
  bench.orphans.add(lock('l1'));
  assert.deepEqual(bench.lookAt(100_000), []);
  bench.orphans.begin();
  assert.deepEqual(bench.lookAt(100_999), []);
  assert.deepEqual(bench.lookAt(101_000), ['l1']);
});

it('an orphan is published with the end of its grace, which stays the same while the grace runs', () => {
  using bench = new OrphanBench(false);
  assert.equal(
    'graceEndsAt' in bench.orphans.add(lock('l1')),
    false,
    'before clients could come back',
  );
  const earliest = Date.now() + 1_000;
  const [told] = bench.orphans.begin();
  assert.equal(told?.id, 'l1');
  assert.ok(Date.parse(told?.graceEndsAt ?? '') >= earliest);
  const again = bench.orphans.add({ ...lock('l1'), graceEndsAt: '2000-01-01T00:00:00.000Z' });
  assert.equal(again.graceEndsAt, told?.graceEndsAt);
});

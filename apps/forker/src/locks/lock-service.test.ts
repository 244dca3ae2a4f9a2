import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { emptyView, reduce } from '@hatchery/events';
import { until } from '@hatchery/testkit';
import { readDiskLock } from './disk-lock.ts';
import { LockBench } from './lock-bench.test-support.ts';
import { identityOf, LockDirectory } from './lock-dir.test-support.ts';

describe('reports of sessions', () => {
  it('become events with the session in them', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    const [lock] = bench.view;
    assert.deepEqual(
      [lock?.holder?.childId, lock?.holder?.user, lock?.name],
      [id, 'alice', '~alice/p/t'],
    );
    bench.lockDirectory.free();
    bench.report(id, 'released', 'n1');
    assert.deepEqual(bench.kinds(), ['lock.acquired', 'lock.released']);
  });

  for (const action of ['released', 'broken'] as const)
    it(`that a lock is ${action}, while it is on disk, hide nothing: it stays, and its real end is reported`, async () => {
      using bench = new LockBench();
      const holder = await bench.session();
      bench.lockDirectory.take('n1');
      bench.report(holder, 'acquired', 'n1');
      const liar = await bench.session('mallory', 4_194_402);
      bench.report(liar, action, 'n1');
      bench.report(holder, action, 'n1');
      assert.deepEqual(bench.kinds(), ['lock.acquired']);
      await bench.locks.scan();
      assert.equal(bench.view[0]?.holder?.childId, holder);
      bench.lockDirectory.free();
      bench.report(holder, 'released', 'n1');
      assert.deepEqual(bench.kinds(), ['lock.acquired', 'lock.released']);
    });

  it('of a lock outside any branch are ignored', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.report(id, 'acquired', 'n1', { path: '/home/a/.config/breezy/lock' });
    assert.deepEqual(bench.kinds(), []);
  });

  it('that were lost are replaced by a check of the branches that were opened', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.report(id, 'opened', null);
    bench.lockDirectory.take('n1');
    bench.report(id, 'gave-up', null, { lost: 3 });
    assert.equal(bench.view[0]?.nonce, 'n1');
  });

  it('of a contention find the holder on disk that no session reported', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.lockDirectory.take('n1', { hostname: 'elsewhere' });
    bench.report(id, 'contended', 'n1');
    const [lock] = bench.view;
    assert.deepEqual([lock?.condition, lock?.holder?.host], ['unknown', 'elsewhere']);
    assert.deepEqual(
      lock?.waiters.map(({ childId }) => childId),
      [id],
    );
  });

  it('of a release that never came are replaced when the session ends', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.lockDirectory.free();
    bench.bench.exit(id, 0);
    await until('the release', () => bench.view.length === 0);
  });
});

describe('the end of a session', () => {
  it('that was bad is followed at once by a check of the branches it had open', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.report(id, 'opened', null);
    bench.lockDirectory.take('n1', { pid: 4_194_400, ...identityOf(0) });
    bench.bench.exit(id, 9);
    // The check runs in the same turn as the event; the rotation would come only within a second.
    await Promise.resolve();
    assert.deepEqual([bench.view[0]?.condition, bench.view[0]?.holder?.childId], ['orphaned', id]);
  });
});

describe('a lock whose session has ended', () => {
  it('is an orphan, and stays one when its session is forgotten', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    const holder = bench.view[0]?.holder;
    bench.bench.exit(id, 9);
    await until('the orphan', () => bench.view[0]?.condition === 'orphaned');
    assert.match(bench.view[0]?.reasons?.join() ?? '', /SIGKILL/);
    assert.deepEqual(bench.view[0]?.holder, holder);
    await bench.locks.scan();
    assert.equal(bench.view[0]?.condition, 'orphaned');
  });

  it('is not freed when another session has the lock by then', async () => {
    using bench = new LockBench(0);
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.bench.exit(id, 9);
    await until('the orphan', () => bench.view[0]?.condition === 'orphaned');
    bench.lockDirectory.take('n2', { hostname: 'elsewhere' });
    await until('the other one', () => bench.view[0]?.nonce === 'n2');
    assert.ok(existsSync(join(bench.lockDirectory.path, 'held')));
    assert.ok(!bench.kinds().includes('lock.broken'));
  });

  it('is not freed while a session of its user may be about to take it up', async () => {
    using bench = new LockBench(0.3);
    const id = await bench.session();
    bench.locks.keeperLost();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    const next = await bench.session('alice', 4_194_401);
    bench.locks.keeperLost();
    bench.bench.exit(id, 9);
    await until('the orphan', () => bench.view[0]?.condition === 'orphaned');
    // `next` is mute: it could have taken the lock up without a report.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(bench.view.length, 1);
    bench.bench.exit(next, 0, 4_194_401);
    await until('the lock to be free', () => bench.view.length === 0);
    assert.ok(bench.kinds().includes('lock.broken'));
  });
});

describe('a thousand locks that change two thousand times', () => {
  it('are reported exactly: the feed ends with what is on disk', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    const places = Array.from(
      { length: 1_000 },
      (_, number) => new LockDirectory(join(bench.branch, `b${number}`)),
    );
    const nonces = new Map<LockDirectory, string>();
    for (let change = 0; change < 2_000; change += 1) {
      // A prime, so that the places come at irregular distances, and each twice.
      const place = places[(change * 7_919) % places.length];
      if (place === undefined) throw new Error('there is always a place');
      const held = nonces.get(place);
      if (held === undefined || change % 3 === 0) {
        if (held !== undefined) {
          place.free();
          bench.report(id, 'released', held, { path: place.path });
        }
        place.take(`n${change}`);
        nonces.set(place, `n${change}`);
        bench.report(id, 'acquired', `n${change}`, { path: place.path });
      } else {
        place.free();
        nonces.delete(place);
        bench.report(id, 'released', held, { path: place.path });
      }
    }
    let view = emptyView;
    for (const event of bench.published) view = reduce(view, event);
    const onDisk = places.flatMap(({ path }) => readDiskLock(path)?.nonce ?? []).sort();
    assert.ok(onDisk.length > 0 && onDisk.length < 1_000);
    assert.deepEqual(
      Object.values(view.locks)
        .map(({ nonce }) => nonce)
        .sort(),
      onDisk,
    );
  });
});

describe('a lock that another process took', () => {
  it('belongs to the session of that process, as after a restart of the service', async () => {
    using bench = new LockBench();
    bench.lockDirectory.take('n1', { pid: 4_194_400, ...identityOf(0) });
    await bench.locks.scan();
    assert.deepEqual([bench.view[0]?.holder?.childId, bench.view[0]?.condition], [null, 'stale']);
    const id = await bench.session();
    await bench.locks.scan();
    assert.deepEqual([bench.view[0]?.holder?.childId, bench.view[0]?.condition], [id, 'held']);
  });

  it('belongs to no session when only pid and date match, because another pid namespace may have both', async () => {
    using bench = new LockBench(0);
    const now = Math.floor(Date.now() / 1000);
    const id = await bench.session();
    bench.lockDirectory.take('n1', { pid: 4_194_400, start_time: now });
    await bench.locks.scan();
    bench.bench.exit(id, 9);
    await until('the end', () => bench.published.some(({ kind }) => kind === 'child.exited'));
    await bench.locks.scan();
    assert.deepEqual([bench.view[0]?.holder?.childId, bench.view[0]?.condition], [null, 'unknown']);
    bench.lockDirectory.take('n2', { pid: 4_194_400, start_time: now, ...identityOf(17) });
    await bench.locks.scan();
    assert.deepEqual([bench.view[0]?.holder?.childId, bench.view[0]?.condition], [null, 'stale']);
  });
});

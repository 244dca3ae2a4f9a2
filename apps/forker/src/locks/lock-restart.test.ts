import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '@hatchery/testkit';
import { orphanLookMs } from './limits.ts';
import { LockBench } from './lock-bench.test-support.ts';
import { identityOf } from './lock-dir.test-support.ts';

describe('after a restart', () => {
  it('a lock that was released meanwhile is reported as released', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.lockDirectory.free();
    bench.restart();
    await until('the release', () => bench.view.length === 0);
    assert.deepEqual(bench.kinds(), ['lock.acquired', 'lock.released']);
  });

  it('a lock that is still held is the same one, and its waiter leaves with its session', async () => {
    using bench = new LockBench();
    const [id, waiter] = [await bench.session(), await bench.session('bob')];
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.report(waiter, 'contended', 'n1');
    const before = bench.view;
    bench.restart();
    await bench.locks.scan();
    assert.deepEqual(bench.view, before);
    bench.bench.exit(waiter, 0);
    await until('the waiter to leave', () => bench.view[0]?.waiters.length === 0);
    assert.equal(bench.view[0]?.id, before[0]?.id);
  });

  it('an orphan still frees itself', async () => {
    using bench = new LockBench(0);
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.bench.exit(id, 9);
    bench.restart();
    await until('the lock to be free', () => bench.view.length === 0);
    assert.equal(existsSync(join(bench.lockDirectory.path, 'held')), false);
  });

  it('a lock whose session ended meanwhile is an orphan, and frees itself', async () => {
    using bench = new LockBench(0);
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.restart(() => bench.bench.exit(id, 9));
    await until('the lock to be free', () => bench.view.length === 0);
    assert.ok(bench.kinds().includes('lock.broken'));
    assert.ok(!bench.conditions().includes('stale'));
  });

  it('a lock that a session took and left unreported is an orphan, and frees itself', async () => {
    using bench = new LockBench(0);
    const id = await bench.session();
    bench.restart(() => {
      bench.lockDirectory.take('n1', { pid: 4_194_400, ...identityOf(0) });
      bench.bench.exit(id, 0);
    });
    await until('the lock to be free', () => bench.kinds().includes('lock.broken'));
    assert.ok(!existsSync(join(bench.lockDirectory.path, 'held')));
  });

  it('a lock of an unknown session is an orphan too, because a session not known to live has ended', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.restart(() => {
      bench.bench.exit(id, 9);
      const { events } = bench.bench;
      for (
        let others = 0;
        events.view.recentChildren.some((child) => child.id === id);
        others += 1
      ) {
        bench.passBy(`other-${others}`);
      }
    });
    await until('the orphan', () => bench.view[0]?.condition === 'orphaned');
    assert.match(bench.view[0]?.reasons?.join() ?? '', /has ended: nobody knows how/);
  });

  it('an orphan waits for its user’s older sessions, because one may have taken it up unreported', async () => {
    using bench = new LockBench(0);
    const [id, other] = [await bench.session(), await bench.session('alice', 4_194_401)];
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.restart(() => bench.bench.exit(id, 9));
    const stranger = await bench.session('bob', 4_194_402);
    bench.bench.exit(stranger, 9, 4_194_402);
    // After several checks of the grace.
    await new Promise((resolve) => setTimeout(resolve, 3 * orphanLookMs));
    assert.equal(bench.view[0]?.condition, 'orphaned');
    bench.lockDirectory.free();
    bench.report(other, 'released', 'n1');
    assert.deepEqual(bench.view, []);
    assert.ok(!bench.kinds().includes('lock.broken'));
  });

  it('a lock of a foreign process is not freed, though a session had its pid before', async () => {
    using bench = new LockBench(0);
    const id = await bench.session('alice', process.pid);
    bench.restart(() => {
      bench.lockDirectory.take('n1', {
        pid: process.pid,
        start_time: Math.floor(Date.now() / 1000),
      });
      bench.bench.exit(id, 9, process.pid);
    });
    await bench.locks.scan();
    assert.deepEqual([bench.view[0]?.condition, bench.view[0]?.holder?.childId], ['held', null]);
  });
});

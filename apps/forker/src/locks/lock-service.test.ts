import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '@hatchery/config';
import type { EventBody, Lock } from '@hatchery/events';
import { forkRequest } from '@hatchery/protocol';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { ServiceBench } from '../children/service.test-support.ts';
import type { LockReport } from '../keeper-link/messages.ts';
import { breakLock, type BreakResult, type BreakWish } from './break-lock.ts';
import { deadPid, LockDirectory } from './lock-dir.test-support.ts';
import { LockService } from './lock-service.ts';

/** A lock service over invented sessions and a real hosting root. */
class LockBench implements Disposable {
  readonly #stack = new DisposableStack();
  readonly bench = this.#stack.use(new ServiceBench());
  readonly published: EventBody[] = [];
  readonly locks: LockService;
  readonly lockDirectory: LockDirectory;
  readonly branch: string;

  constructor(orphanGraceS = 60) {
    const { path } = this.#stack.use(temporaryDirectory());
    const config = loadConfig({ directory: path, stateDirectory: path });
    this.branch = join(config.hosting.root, '~alice/p/t');
    mkdirSync(this.branch, { recursive: true });
    this.lockDirectory = new LockDirectory(this.branch);
    const { events, log, service } = this.bench;
    const subscription = events.subscribe(null, (message) => {
      if (message.type === 'event') this.published.push(message.event);
    });
    this.#stack.use(subscription);
    const own = { ...config, locks: { ...config.locks, orphanGraceS } };
    this.locks = this.#stack.use(new LockService({ config: own, events, log, service }));
  }

  async session(user = 'alice', pid?: number): Promise<string> {
    return (await this.bench.fork(forkRequest(['lp-serve', '--inet', user]), pid)).id;
  }

  report(id: string, action: LockReport['action'], nonce: string | null, more: Partial<LockReport> = {}): void {
    const path = action === 'opened' ? this.branch : this.lockDirectory.path;
    const atS = Number(process.hrtime.bigint()) / 1e9;
    this.locks.take({ event: 'lock', id, action, path, nonce, atS, lost: 0, ...more });
  }

  get view(): Lock[] {
    return Object.values(this.bench.events.view.locks);
  }

  kinds(): string[] {
    return this.published.map(({ kind }) => kind).filter((kind) => kind.startsWith('lock.'));
  }

  break(wish: Partial<BreakWish> = {}): Promise<BreakResult> {
    const { events, log, service } = this.bench;
    const whole = { id: this.view[0]?.id ?? '', nonce: null, force: false, actor: 'ops', reason: 'test', ...wish };
    return breakLock({ locks: this.locks, events, log, service }, whole);
  }

  [Symbol.dispose](): void {
    this.#stack[Symbol.dispose]();
  }
}

describe('reports of sessions', () => {
  it('become events with the session in them', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    const [lock] = bench.view;
    assert.deepEqual([lock?.holder?.childId, lock?.holder?.user, lock?.name], [id, 'alice', '~alice/p/t']);
    bench.report(id, 'released', 'n1');
    assert.deepEqual(bench.kinds(), ['lock.acquired', 'lock.released']);
  });

  it('of a lock that is none of a branch are passed over', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.report(id, 'acquired', 'n1', { path: '/home/a/.config/breezy/lock' });
    assert.deepEqual(bench.kinds(), []);
  });

  it('that were lost are made up for by a look at the branches that were opened', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.report(id, 'opened', null);
    bench.lockDirectory.take('n1');
    bench.report(id, 'gave-up', null, { lost: 3 });
    assert.equal(bench.view[0]?.nonce, 'n1');
  });

  it('of a contention find the holder on disk that nobody reported', async () => {
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

  it('of a release that never came are made up for at the end of the session', async () => {
    using bench = new LockBench();
    const id = await bench.session();
    bench.lockDirectory.take('n1');
    bench.report(id, 'acquired', 'n1');
    bench.lockDirectory.free();
    bench.bench.exit(id, 0);
    await until('the release', () => bench.view.length === 0);
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

  it('is not freed when another one has the lock by then', async () => {
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
    // `next` is mute: it could have taken the token up without a word.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(bench.view.length, 1);
    bench.bench.exit(next, 0, 4_194_401);
    await until('the lock to be free', () => bench.view.length === 0);
    assert.ok(bench.kinds().includes('lock.broken'));
  });
});

describe('a lock that another process took', () => {
  it('goes to the session of that process, as after a restart of the service', async () => {
    using bench = new LockBench();
    bench.lockDirectory.take('n1', { pid: 4_194_400, start_time: Math.floor(Date.now() / 1000) });
    await bench.locks.scan();
    assert.deepEqual([bench.view[0]?.holder?.childId, bench.view[0]?.condition], [null, 'stale']);
    const id = await bench.session();
    await bench.locks.scan();
    assert.deepEqual([bench.view[0]?.holder?.childId, bench.view[0]?.condition], [id, 'held']);
  });

  it('long before, does not: its pid was used again', async () => {
    using bench = new LockBench();
    bench.lockDirectory.take('n1', { pid: 4_194_400 });
    await bench.session();
    await bench.locks.scan();
    assert.deepEqual([bench.view[0]?.holder?.childId, bench.view[0]?.condition], [null, 'stale']);
  });
});

describe('breaking a lock', () => {
  it('that is stale needs no force, and puts before and after on record', async () => {
    using bench = new LockBench();
    bench.lockDirectory.take('n1');
    await bench.locks.scan();
    assert.equal(bench.view[0]?.condition, 'stale');
    const result = await bench.break();
    assert.ok('outcome' in result);
    assert.match(result.outcome, new RegExp(`^broken: it was stale by u .*pid ${deadPid} on `));
    const [requested] = bench.published.filter((event) => event.kind === 'action.requested');
    const [done] = bench.published.filter((event) => event.kind === 'action.done');
    assert.deepEqual([requested?.before?.nonce, requested?.actor, requested?.reason], ['n1', 'ops', 'test']);
    assert.deepEqual([done?.after, done?.actionId], [null, requested?.actionId]);
  });

  it('that nobody can judge is refused, unless by force', async () => {
    using bench = new LockBench();
    for (const text of [null, '', 'garbage', 'hostname: elsewhere\nnonce: n1\npid: 1\n']) {
      bench.lockDirectory.takeWith(text);
      await bench.locks.scan();
      assert.equal(bench.view[0]?.condition, 'unknown');
      const refused = await bench.break();
      assert.ok('refused' in refused && refused.status === 409, String(text));
      assert.match(refused.refused, /--force breaks it all the same: .*two writers can damage/);
      assert.ok(existsSync(join(bench.lockDirectory.path, 'held')));
      assert.ok('outcome' in (await bench.break({ force: true })));
      assert.ok(!existsSync(join(bench.lockDirectory.path, 'held')));
    }
  });

  it('is refused for another acquisition, a lock that is free, and one that never was', async () => {
    using bench = new LockBench();
    bench.lockDirectory.take('n1');
    await bench.locks.scan();
    const id = bench.view[0]?.id ?? '';
    assert.partialDeepStrictEqual(await bench.break({ nonce: 'n0' }), { status: 412 });
    bench.lockDirectory.take('n2');
    const changed = await bench.break({ id, force: true });
    assert.ok('refused' in changed && changed.status === 409);
    assert.match(changed.refused, /the holder has changed, nothing was done: it is stale by u/);
    assert.ok(existsSync(join(bench.lockDirectory.path, 'held')));
    bench.lockDirectory.free();
    await bench.locks.scan();
    assert.partialDeepStrictEqual(await bench.break({ id }), { status: 409 });
    assert.partialDeepStrictEqual(await bench.break({ id: 'nope' }), { status: 404 });
    assert.ok(!bench.published.some(({ kind }) => kind === 'action.requested'));
  });

  it('never ends the service itself, whatever an info file says', async () => {
    using bench = new LockBench();
    const pids = [1, process.pid];
    for (const pid of pids) {
      bench.lockDirectory.take(`n${pid}`, { pid, start_time: Math.floor(Date.now() / 1000) });
      await bench.locks.scan();
      assert.equal(bench.view[0]?.condition, 'held');
      const refused = await bench.break();
      assert.ok('refused' in refused);
      assert.match(refused.refused, /is not one that may be ended for a lock/);
      assert.ok(existsSync(join(bench.lockDirectory.path, 'held')));
    }
  });
});

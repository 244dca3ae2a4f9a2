// Long: one suite over one fork service.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { forkRequest } from '@hatchery/protocol';
import { within } from '@hatchery/testkit';
import { forkMsMax, forksAtOnceMax } from '../../limits.ts';
import { ServiceBench } from './service.test-support.ts';

const alice = forkRequest(['lp-serve', '--inet', 'alice']);
const details = {
  user: 'bob',
  peer: null,
  command: 'rocks',
  startedAt: '2026-01-01T00:00:00.000Z',
};

describe('ForkService.fork', () => {
  it('resolves with the child, and its exit with the raw status, which is then taken from the keeper', async () => {
    using bench = new ServiceBench();
    const child = await bench.fork();
    assert.equal(child.directory, `/run/lp-forking-service-child-${child.id}`);
    bench.exit(child.id, 768);
    assert.equal(await child.exited, 768);
    assert.deepEqual(bench.otherRequests, []);
    child.heard();
    assert.deepEqual(bench.otherRequests, [{ request: 'taken', id: child.id }]);
    assert.deepEqual([bench.service.busy, bench.service.finished.children], [0, 1]);
  });

  it('counts forks that are on their way against both limits', async () => {
    using bench = new ServiceBench({ childrenMax: 3, childrenPerUserMax: 2 });
    const first = bench.service.fork(alice);
    await bench.fork(alice);
    await assert.rejects(bench.service.fork(alice), {
      code: 'fork_refused',
      message: /^alice has 2 of 2/,
    });
    await bench.fork(forkRequest(['lp-serve', '--inet', 'bob']));
    await assert.rejects(bench.service.fork(forkRequest(['rocks'])), /3 of 3/);
    bench.service.take({
      event: 'refused',
      id: bench.sent[0]?.request === 'fork' ? bench.sent[0].id : '',
      reason: 'no',
    });
    await assert.rejects(first, { message: 'no' });
    assert.deepEqual(bench.service.queue.refused, {
      draining: 0,
      max_children: 1,
      max_children_per_user: 1,
      waiting: 0,
    });
  });

  it('refuses while it drains, what waits too, and for good once it stops', async () => {
    using bench = new ServiceBench();
    bench.service.keeper = null;
    const waiting = bench.service.fork(alice);
    bench.service.intake.drain(true, 'ops');
    await assert.rejects(waiting, /being drained/);
    await assert.rejects(bench.service.fork(alice), /being drained/);
    bench.service.intake.drain(false, 'ops');
    bench.connect();
    await bench.fork(alice);
    bench.service.intake.beginStop();
    bench.service.intake.drain(false, 'ops');
    await assert.rejects(bench.service.fork(alice), /being drained/);
    assert.equal(bench.events.view.draining, true);
  });

  it('waits for a keeper, and asks the next one when that dies', async () => {
    using bench = new ServiceBench();
    bench.service.keeper = null;
    const [first, second] = [bench.service.fork(alice), bench.service.fork(alice)];
    assert.deepEqual([bench.sent, bench.service.busy], [[], 2]);
    bench.connect();
    assert.equal(bench.sent.length, 2);
    bench.service.keeperLost();
    bench.connect();
    const ids = bench.sent
      .slice(2)
      .map((request) => (request.request === 'fork' ? request.id : ''));
    for (const id of ids)
      bench.service.take({ event: 'started', id, pid: 4_194_400, directory: `/run/${id}` });
    assert.deepEqual([(await first).id, (await second).id], ids);
  });

  it('gives up on a request over which two keepers have died', async () => {
    using bench = new ServiceBench();
    const forked = bench.service.fork(alice);
    bench.service.keeperLost();
    bench.connect();
    bench.service.keeperLost();
    await assert.rejects(forked, /the keeper died twice over this request/);
    assert.equal(bench.service.busy, 0);
  });

  it('asks the keeper for so many at a time, and for the next as each comes', async () => {
    using bench = new ServiceBench();
    const children = Array.from({ length: forksAtOnceMax + 3 }, () =>
      bench.service.fork(forkRequest(['rocks'])),
    );
    assert.deepEqual([bench.sent.length, bench.service.queue.waiting], [forksAtOnceMax, 3]);
    for (let index = 0; index < children.length; index += 1) {
      const request = bench.sent[index];
      const id = request?.request === 'fork' ? request.id : '';
      bench.service.take({ event: 'started', id, pid: 4_194_000 + index, directory: `/run/${id}` });
    }
    assert.equal(new Set((await Promise.all(children)).map(({ id }) => id)).size, children.length);
  });

  it('lets a request wait for the place of a child that ends, when children do end', async () => {
    using bench = new ServiceBench({ childrenMax: 10 });
    for (let index = 0; index < 40; index += 1) bench.exit((await bench.fork()).id, 0);
    const children = [];
    for (let index = 0; index < 10; index += 1) children.push(await bench.fork());
    const waiting = bench.service.fork(alice);
    assert.equal(bench.service.queue.waiting, 1);
    bench.exit(children[0]?.id ?? '', 0);
    assert.equal(bench.service.queue.waiting, 0);
    bench.service.take({
      event: 'started',
      id: bench.lastForkId,
      pid: 4_194_400,
      directory: '/run/x',
    });
    assert.equal((await waiting).directory, '/run/x');
  });

  it('passes on why the keeper refused', async () => {
    using bench = new ServiceBench();
    const forked = bench.service.fork(alice);
    bench.service.take({ event: 'refused', id: bench.lastForkId, reason: 'fork failed 3 times' });
    await assert.rejects(forked, { code: 'fork_refused', message: 'fork failed 3 times' });
    assert.equal(bench.service.busy, 0);
  });

  it('gives up on a child that does not come, and kills it when it comes after all', async (t) => {
    using bench = new ServiceBench();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const forked = bench.service.fork(alice);
    t.mock.timers.tick(forkMsMax);
    await assert.rejects(forked, /no session came up within 15 s/);
    const id = bench.lastForkId;
    bench.service.take({ event: 'started', id, pid: 4_194_400, directory: '/run/x' });
    assert.deepEqual(bench.otherRequests, [
      { request: 'signal', id, signal: constants.signals.SIGKILL },
    ]);
    assert.equal(bench.service.busy, 0);
  });
});

describe('ForkService.attach', () => {
  it('gives the exit of a living child to everybody who asks', async () => {
    using bench = new ServiceBench();
    const child = await bench.fork();
    const attached = bench.service.attach(child.id);
    bench.exit(child.id, 9);
    assert.deepEqual([await child.exited, await attached?.exited], [9, 9]);
  });

  it('gives the exit of a child that ended while no forker was there, once, with all the protocol needs', async () => {
    using bench = new ServiceBench();
    bench.exit('gone', 256);
    const attached = bench.service.attach('gone');
    assert.equal(attached?.directory, '/run/lp-forking-service-child-gone');
    assert.equal(await attached.exited, 256);
    attached.heard();
    assert.equal(bench.service.attach('gone'), null);
  });

  it('knows nobody it was not told of', () => {
    using bench = new ServiceBench();
    assert.equal(bench.service.attach('nobody'), null);
  });
});

describe('ForkService and its keeper', () => {
  // The keeper tells again what nobody is known to have heard, and each time it was spawned and
  // exited anew.
  it('takes an exit that is told again for the same one', async () => {
    using bench = new ServiceBench();
    const child = await bench.fork();
    bench.exit(child.id, 256);
    const { seq } = bench.events.position;
    bench.exit(child.id, 256);
    child.heard();
    bench.exit(child.id, 256);
    assert.deepEqual([bench.events.position.seq, bench.service.finished.children], [seq, 1]);
  });

  it('takes over what a keeper has kept', () => {
    using bench = new ServiceBench();
    const kept = { id: 'k1', pid: 4_194_401, directory: '/run/k1', connected: true, details };
    bench.service.take({
      event: 'hello',
      format: 1,
      pid: 1,
      readyAtMs: 1,
      children: [kept, { ...kept, id: 'k2', connected: false }],
    });
    const states = Object.values(bench.events.view.children).map(({ id, state, user }) => [
      id,
      state,
      user,
    ]);
    assert.deepEqual(states, [
      ['k1', 'running', 'bob'],
      ['k2', 'waiting', 'bob'],
    ]);
  });

  // A connection that broke while the keeper lived made the forker restore its own children, and
  // crash.
  it('that only lost its connection keeps its children as they are', async () => {
    using bench = new ServiceBench();
    const child = await bench.fork();
    bench.service.take({ event: 'connected', id: child.id });
    bench.service.keeperLost();
    bench.connect();
    const kept = {
      id: child.id,
      pid: child.pid,
      directory: child.directory,
      connected: true,
      details,
    };
    bench.service.take({ event: 'hello', format: 1, pid: 1, readyAtMs: 1, children: [kept] });
    assert.equal(bench.service.registry.size, 1);
    bench.exit(child.id, 0);
    assert.equal(await child.exited, 0);
  });

  it('that died is not asked for exits: they are told as unknown', async () => {
    using bench = new ServiceBench();
    const child = await bench.fork();
    bench.service.keeperLost();
    assert.equal(await within('the end of a process that is none', child.exited), 255 << 8);
    assert.equal(bench.events.view.recentChildren[0]?.exit?.status, null);
  });
});

describe('ForkService.signal', () => {
  it('asks the keeper, and keeps the first cause', async () => {
    using bench = new ServiceBench();
    const child = await bench.fork();
    assert.equal(bench.service.signal(child.id, 'SIGTERM', 'by ops'), true);
    assert.equal(bench.service.signal(child.id, 'SIGKILL', 'again'), true);
    assert.deepEqual(
      bench.otherRequests.map((request) =>
        request.request === 'signal' ? request.signal : request,
      ),
      [15, 9],
    );
    assert.equal(bench.events.view.children[child.id]?.state, 'stopping');
  });

  it('signals nobody who has ended, or while there is no keeper', async () => {
    using bench = new ServiceBench();
    assert.equal(bench.service.signal('nobody', 'SIGTERM', 'x'), false);
    const child = await bench.fork();
    bench.service.keeper = null;
    assert.equal(bench.service.signal(child.id, 'SIGTERM', 'x'), false);
    assert.equal(bench.events.view.children[child.id]?.state, 'waiting');
  });
});

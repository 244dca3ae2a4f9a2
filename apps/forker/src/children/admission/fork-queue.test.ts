import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forkRequest } from '@hatchery/protocol';
import { forksAtOnceMax } from '../../limits.ts';
import { ServiceBench } from '../forking/service.test-support.ts';

const alice = forkRequest(['lp-serve', '--inet', 'alice']);

describe('ForkQueue', () => {
  it('takes a request whose requester leaves out of the queue, with its place and its count', async () => {
    using bench = new ServiceBench({ childrenPerUserMax: forksAtOnceMax + 2 });
    const asked = Array.from({ length: forksAtOnceMax }, () => bench.service.fork(alice));
    const leaving = new AbortController();
    const left = assert.rejects(bench.service.fork(alice, leaving.signal), {
      code: 'requester_left',
    });
    const next = bench.service.fork(alice);
    await assert.rejects(bench.service.fork(alice), /sessions in use/);
    assert.equal(bench.service.queue.waiting, 2);
    leaving.abort();
    await left;
    assert.deepEqual([bench.service.queue.waiting, bench.service.queue.left], [1, 1]);
    const [first] = bench.sent;
    assert.ok(first?.request === 'fork');
    bench.service.take({ event: 'started', id: first.id, pid: 4_194_400, directory: '/run/x' });
    assert.equal(bench.sent.filter(({ request }) => request === 'fork').length, forksAtOnceMax + 1);
    assert.equal(bench.service.queue.waiting, 0);
    bench.service.intake.drain(true, 'ops');
    bench.service.keeper = null;
    const [child, ...others] = await Promise.allSettled([...asked, next]);
    assert.equal(child?.status, 'fulfilled');
    assert.ok(others.every(({ status }) => status === 'rejected'));
  });

  it('asks no other keeper for a request whose requester left while the first one had it', async () => {
    using bench = new ServiceBench();
    const leaving = new AbortController();
    const left = assert.rejects(bench.service.fork(alice, leaving.signal), {
      code: 'requester_left',
    });
    leaving.abort();
    bench.service.keeper = null;
    await left;
    bench.connect();
    assert.equal(bench.sent.length, 1);
    assert.equal(bench.service.queue.left, 1);
  });
});

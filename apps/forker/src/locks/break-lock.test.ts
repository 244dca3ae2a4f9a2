import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { LockBench } from './lock-bench.test-support.ts';
import { deadPid, identityOf } from './lock-dir.test-support.ts';

describe('breaking a lock', () => {
  it('that is stale needs no force, and is audited before and after', async () => {
    using bench = new LockBench();
    bench.lockDirectory.take('n1', identityOf(7));
    await bench.locks.scan();
    assert.equal(bench.view[0]?.condition, 'stale');
    const result = await bench.break();
    assert.ok('outcome' in result);
    assert.match(result.outcome, new RegExp(`^broken: it was stale by u .*pid ${deadPid} on `));
    const [requested] = bench.published.filter((event) => event.kind === 'action.requested');
    const [done] = bench.published.filter((event) => event.kind === 'action.done');
    assert.deepEqual(
      [requested?.before?.nonce, requested?.actor, requested?.reason],
      ['n1', 'ops', 'test'],
    );
    assert.deepEqual([done?.after, done?.actionId], [null, requested?.actionId]);
  });

  it('whose holder cannot be judged is refused, unless by force', async () => {
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

  it('is refused for another acquisition, a free lock, and one that never existed', async () => {
    using bench = new LockBench();
    bench.lockDirectory.take('n1');
    await bench.locks.scan();
    const id = bench.view[0]?.id ?? '';
    assert.partialDeepStrictEqual(await bench.break({ nonce: 'n0' }), { status: 412 });
    bench.lockDirectory.take('n2');
    const changed = await bench.break({ id, force: true });
    assert.ok('refused' in changed && changed.status === 409);
    assert.match(changed.refused, /the holder has changed, nothing was done: it is unknown by u/);
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

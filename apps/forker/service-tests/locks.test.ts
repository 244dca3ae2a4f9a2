import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { until } from '@hatchery/testkit';
import { withLockStage } from './locks.test-support.ts';

describe('a push', () => {
  it('shows its locks while it holds them, with its session, and their release', async () => {
    await withLockStage('', async (stage) => {
      stage.commit('work');
      const { brz, hold } = stage.push('work', { hold: 'Branch.unlock' });
      using _brz = brz;
      await hold.reached();
      const lock = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      const { holder, condition, name, path, nonce } = lock;
      assert.deepEqual([condition, name], ['held', '~alice/project/trunk']);
      assert.ok(existsSync(`${path}/held/info`));
      assert.match(nonce ?? '', /^[a-z0-9]{20}$/);
      assert.equal(holder?.user, 'alice');
      assert.match(holder?.command ?? '', /^lp-serve --inet alice$/);
      assert.ok(holder?.childId !== null && (holder?.pid ?? 0) > 0);
      hold.go();
      const { code, output } = await brz.ended();
      assert.equal(code, 0, output);
      await until('no lock', async () => (await stage.view()).length === 0);
      assert.ok(!stage.isHeldOnDisk());
      const ours = stage.events.filter((event) => 'id' in event && event.id === lock.id);
      assert.deepEqual(
        ours.map(({ kind }) => kind),
        ['lock.released'],
      );
      assert.equal(
        stage.kinds().filter((kind) => kind === 'lock.acquired').length,
        stage.kinds().filter((kind) => kind === 'lock.released').length,
      );
    });
  });

  it('of a second client to the same branch is refused, and shown as a waiter that gave up', async () => {
    await withLockStage('', async (stage) => {
      stage.commit('work');
      const first = stage.push('work', { hold: 'Branch.unlock' });
      using brz = first.brz;
      await first.hold.reached();
      const lock = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      const second = stage.push('work', { user: 'alice' });
      using other = second.brz;
      const refused = await other.ended();
      assert.notEqual(refused.code, 0);
      const contended = await until('the contention', () => stage.events.find(({ kind }) => kind === 'lock.contended'));
      assert.ok(contended.kind === 'lock.contended' && contended.id === lock.id);
      assert.notEqual(contended.waiter.childId, lock.holder?.childId);
      await until('no waiter', async () => (await stage.view()).every(({ waiters }) => waiters.length === 0));
      first.hold.go();
      assert.equal((await brz.ended()).code, 0, brz.output);
      await until('no lock', async () => (await stage.view()).length === 0);
    });
  });
});

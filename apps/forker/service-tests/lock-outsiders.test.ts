import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRunning, until } from '@hatchery/testkit';
import { withLockStage } from './locks.test-support.ts';

describe('a lock taken outside hatchery', () => {
  it('is found by a scan, held while its process lives and unknown when that is gone, and can be broken by force then', async () => {
    await withLockStage('', async (stage) => {
      using outsider = stage.outsider();
      await outsider.reached();
      await stage.post('/v1/locks/scan', {});
      const lock = await stage.lock('the lock', ({ kind }) => kind === 'branch');
      assert.deepEqual(
        [lock.holder?.pid, lock.holder?.childId, lock.condition],
        [outsider.pid, null, 'held'],
      );
      outsider.kill();
      const left = await stage.lock(
        'the lock that it left',
        ({ condition }) => condition === 'unknown',
      );
      assert.equal(left.id, lock.id);
      assert.match(left.reasons?.join() ?? '', /does not say in which pid namespace/);
      await assert.rejects(
        stage.post(`/v1/locks/${lock.id}/break`, {}),
        /nobody here knows whether its holder lives/,
      );
      await stage.post(`/v1/locks/${lock.id}/break`, { force: true });
      assert.deepEqual(await stage.view(), []);
      assert.ok(!stage.isHeldOnDisk());
      await assert.rejects(
        stage.post(`/v1/locks/${lock.id}/break`, {}),
        /is free by now: nothing was done/,
      );
    });
  });

  it('is seen to be released, without a report', async () => {
    await withLockStage('', async (stage) => {
      using outsider = stage.outsider();
      await outsider.reached();
      await stage.post('/v1/locks/scan', {});
      await stage.lock('the lock', ({ kind }) => kind === 'branch');
      outsider.release();
      await until('no lock', async () => (await stage.view()).length === 0);
    });
  });

  it('is found at the start of a service', async () => {
    await withLockStage('', async (stage) => {
      using outsider = stage.outsider();
      await outsider.reached();
      await stage.restart(async () => stage.forker.kill('SIGKILL'));
      const { id } = await stage.lock('the lock', ({ kind }) => kind === 'branch');
      assert.match(id, /^[0-9a-f]{12}$/);
    });
  });

  it('is not broken under its living holder: that is ended first, and seen to be gone', async () => {
    await withLockStage('', async (stage) => {
      using outsider = stage.outsider();
      await outsider.reached();
      await stage.post('/v1/locks/scan', {});
      const { id } = await stage.lock('the lock', ({ kind }) => kind === 'branch');
      const { outcome } = (await stage.post(`/v1/locks/${id}/break`, {})) as { outcome: string };
      assert.match(
        outcome,
        /^its process \d+ was ended by SIGTERM; broken: it was held by Out <out@example.invalid> \(pid/,
      );
      assert.ok(!isRunning(outsider.pid));
      assert.ok(!stage.isHeldOnDisk());
    });
  });

  it('is found when it is in the way of a session, without any scan', async () => {
    await withLockStage('', async (stage) => {
      using outsider = stage.outsider();
      await outsider.reached();
      stage.commit('work');
      using refused = stage.push('work').brz;
      assert.equal((await refused.ended()).code, 3, refused.output);
      assert.match(
        refused.output,
        new RegExp(`held by Out <out@example.invalid> on .*process #${outsider.pid}`),
      );
      const lock = await stage.lock('the lock', ({ kind }) => kind === 'branch');
      assert.deepEqual([lock.holder?.pid, lock.condition], [outsider.pid, 'held']);
    });
  });
});

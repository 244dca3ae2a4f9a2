import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyView, reduce } from '@hatchery/events';
import { until } from '@hatchery/testkit';
import { withLockStage } from './locks.test-support.ts';

describe('after many sessions on one branch, some of them killed', () => {
  it('the feed tells what is on disk', async () => {
    await withLockStage('[locks]\norphan_grace_s = 0.5\n', async (stage) => {
      const sessions = Array.from({ length: 8 }, (_, number) => stage.tag(`t${number}`));
      let [killed, done] = [0, 0];
      for (const session of sessions) void session.finally(() => (done += 1)).catch(() => undefined);
      while (done < sessions.length) {
        const holder = (await stage.view()).find(({ kind }) => kind === 'branch')?.holder;
        // Every other one that is seen to hold the lock.
        if (typeof holder?.pid === 'number' && holder.childId !== null && done % 2 === 0 && killed < 3) {
          killed += 1;
          try {
            process.kill(holder.pid, 'SIGKILL');
          } catch (error) {
            assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await Promise.allSettled(sessions);
      await until('every orphan to be free', async () => (await stage.view()).length === 0);
      assert.ok(!stage.isHeldOnDisk());
      let view = emptyView;
      for (const event of stage.events) view = reduce(view, event);
      assert.deepEqual(Object.values(view.locks), []);
      const count = (kind: string): number => stage.kinds().filter((one) => one === kind).length;
      assert.ok(count('lock.acquired') > 0);
      assert.equal(count('lock.acquired'), count('lock.released') + count('lock.broken'));
    });
  });
});

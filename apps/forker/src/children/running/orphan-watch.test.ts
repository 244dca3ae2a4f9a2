import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { processStartTime } from '@hatchery/daemon';
import { within } from '@hatchery/testkit';
import { OrphanWatch } from './orphan-watch.ts';

/** A process that leads its own group, as children do. */
function startSleeper(): { pid: number; startTime: number; exited: Promise<unknown> } {
  const sleeper = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const pid = sleeper.pid ?? 0;
  return { pid, startTime: processStartTime(pid) ?? 0, exited: once(sleeper, 'exit') };
}

describe('OrphanWatch', () => {
  it('signals the process it watches, and tells of its end', async () => {
    using watch = new OrphanWatch();
    const { pid, startTime, exited } = startSleeper();
    const { promise, resolve } = Promise.withResolvers<void>();
    watch.watch('c1', { pid, startTime, ended: resolve });
    assert.equal(watch.signal('c1', 'SIGTERM'), true);
    await within('the end of the process', exited);
    await within('the word of it', promise);
    assert.equal(watch.signal('c1', 'SIGTERM'), false);
  });

  it('does not touch another process that has got the pid', async () => {
    using watch = new OrphanWatch();
    const { pid, startTime, exited } = startSleeper();
    const { promise, resolve } = Promise.withResolvers<void>();
    watch.watch('c1', { pid, startTime: startTime - 1, ended: resolve });
    assert.equal(watch.signal('c1', 'SIGKILL'), false);
    await within('the word that the watched one is gone', promise);
    assert.equal(processStartTime(pid), startTime);
    process.kill(pid, 'SIGKILL');
    await exited;
  });

  it('says nothing of what it was told to forget, nor signals it', async () => {
    using watch = new OrphanWatch();
    const { pid, startTime, exited } = startSleeper();
    watch.watch('c1', { pid, startTime, ended: () => assert.fail('forgotten') });
    watch.forget('c1');
    assert.equal(watch.signal('c1', 'SIGKILL'), false);
    const { promise, resolve } = Promise.withResolvers<void>();
    watch.watch('c2', { pid, startTime, ended: resolve });
    process.kill(pid, 'SIGKILL');
    await within('both to have been looked at', Promise.all([exited, promise]));
  });
});

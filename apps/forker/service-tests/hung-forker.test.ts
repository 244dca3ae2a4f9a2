import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forkChild } from '@hatchery/forker-client';
import {
  assertNothingLeft,
  ForkerProcess,
  runSession,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';
import { readState, readZygotePid } from './one-forker.test-support.ts';

const request = { command: ['rocks'], environment: {} } as const;

describe('a forker that hangs', () => {
  it('is given up by who asks it; when it goes on, nothing of that is left', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    {
      await using forker = await ForkerProcess.start(directory.path);
      forker.kill('SIGSTOP');
      const asked = Array.from({ length: 5 }, () =>
        forkChild({ ...request, socket: forker.socket }),
      );
      for (const outcome of await Promise.allSettled(asked)) {
        assert.equal(outcome.status, 'rejected');
        assert.match(String(outcome.reason), /gives no answer, not even to hello/);
      }
      forker.kill('SIGCONT');
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      await until('the others to be gone', async () => {
        const { childrenRunning, requestsWaiting } = await readState(forker);
        return childrenRunning === 0 && requestsWaiting === 0;
      });
    }
    await assertNothingLeft(directory.path, baseline);
  });

  it('is not what one is taken for that waits for a zygote', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    {
      await using forker = await ForkerProcess.start(directory.path, {
        config: '[forker]\npool_size = 0\n',
      });
      process.kill(await readZygotePid(forker), 'SIGSTOP');
      using child = await forkChild({ ...request, socket: forker.socket });
      const { stdin, stdout, stderr } = child.openPipes();
      stdin.end();
      for (const output of [stdout, stderr]) output.resume();
      assert.equal(await child.exited, 0);
    }
    await assertNothingLeft(directory.path, baseline);
  });
});

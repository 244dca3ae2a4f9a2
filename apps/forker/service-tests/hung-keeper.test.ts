import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { controlRequest } from '@hatchery/event-feed';
import {
  ask,
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  OldClient,
  RawClient,
  runSession,
} from '@hatchery/testkit';
import { takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import { readState } from './one-forker.test-support.ts';

/** Runs `story` with a forker and its keeper's pid; nothing may be left. */
async function withForker(
  story: (forker: ForkerProcess, keeper: number) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    await using forker = await ForkerProcess.start(directory.path);
    await story(forker, (await readState(forker)).keeper.pid);
  }
  await assertNothingLeft(directory.path, baseline);
}

async function outageOf(forker: ForkerProcess): Promise<unknown> {
  return ((await controlRequest(forker.controlSocket, 'GET', '/v1/drained')) as { outage: unknown })
    .outage;
}

describe('a keeper that hangs', () => {
  it('is told of, and requests are refused in words for a user, until it answers again', async () => {
    await withForker(async (forker, keeper) => {
      using running = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      using peer = running.open();
      assert.equal(await outageOf(forker), null);
      process.kill(keeper, 'SIGSTOP');
      const refusal = 'FAILURE\nno session can be started at the moment: try again in a minute\n';
      // One that waits when it is found out, and one that comes later.
      assert.equal(await ask(forker.socket, 'fork rocks\n'), refusal);
      assert.equal(await ask(forker.socket, 'fork rocks\n'), refusal);
      assert.equal(await outageOf(forker), 'the keeper gives no answer');
      const state = await readState(forker);
      assert.match(
        state.keeper.trouble ?? '',
        new RegExp(`\\(pid ${keeper}\\) gives no answer.*kill -CONT ${keeper} `),
      );
      assert.equal(state.view.zygote.state, 'failed');

      process.kill(keeper, 'SIGCONT');
      await until('its answer', async () => (await outageOf(forker)) === null);
      assert.deepEqual(await runSession(forker.socket, 'fork rocks\n'), {
        stdout: 'It sure does!\n',
        stderr: '',
        status: 0,
      });
      // The child of the request that was refused: nobody comes for it.
      await until(
        'the others to be gone',
        async () => (await readState(forker)).childrenRunning === 1,
      );
      assert.equal((await readState(forker)).view.zygote.state, 'ready');
      peer.endSending();
      assert.equal(await running.exited(), 0);
    });
  });

  it('may be killed: sessions go on, with an unknown end, and another keeper serves', async () => {
    await withForker(async (forker, keeper) => {
      using running = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      using peer = running.open();
      process.kill(keeper, 'SIGSTOP');
      await until('the outage', () => outageOf(forker));
      process.kill(keeper, 'SIGKILL');
      await until('another keeper', async () => (await readState(forker)).keeper.pid !== keeper);
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      assert.equal(await outageOf(forker), null);
      peer.endSending();
      assert.equal(await running.exited(), 255 << 8);
    });
  });

  it('does not keep a service without a session from stopping', async () => {
    await withForker(async (forker, keeper) => {
      process.kill(keeper, 'SIGSTOP');
      assert.deepEqual(await forker.stop(), { code: 0, signal: null });
      await until('its end', () => !isRunning(keeper));
    });
  });

  it('keeps a service from starting, which names it, and leaves its children to it', async () => {
    await withForker(async (forker, keeper) => {
      using running = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      using _peer = running.open();
      process.kill(keeper, 'SIGSTOP');
      forker.kill('SIGKILL');
      await forker.ended();
      await using next = ForkerProcess.spawn(forker.stateDirectory);
      assert.equal((await next.ended()).code, 1);
      assert.match(
        next.stderr,
        new RegExp(`^forker: the keeper \\(pid ${keeper}\\) gives no answer`, 'm'),
      );
      process.kill(keeper, 'SIGCONT');
      await using last = await ForkerProcess.start(forker.stateDirectory);
      assert.deepEqual(Object.keys((await readState(last)).view.children), [running.id]);
    });
  });
});

describe('a connection to the keeper that is no forker’s', () => {
  it('takes nobody’s place, whether it says nothing or nonsense', async () => {
    await withForker(async (forker, keeper) => {
      const path = join(forker.stateDirectory, 'run', 'keeper.sock');
      using silent = await RawClient.connect(path);
      for (const words of ['nonsense\n', '{"request":"dance"}\n', '{"event":"hello"}\n', '[]\n']) {
        using other = await RawClient.connect(path);
        other.send(words);
        assert.equal(await other.readToEnd(), '');
      }
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      assert.equal((await readState(forker)).keeper.pid, keeper);
      assert.doesNotMatch(forker.stderr, /cannot be heard/);
      assert.equal(silent.hasEnded, false);
    });
  });
});

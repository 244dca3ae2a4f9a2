import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  ask,
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  OldClient,
  RawClient,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';
import type { ForkerOptions } from '@hatchery/testkit';

const done = { code: 0, signal: null };

/**
 * Runs `story` with a forker of its own, which must end by itself, with exit code 0 and nothing
 * left.
 */
async function withForker(
  story: (forker: ForkerProcess) => Promise<void>,
  options?: ForkerOptions,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    await using forker = await ForkerProcess.start(directory.path, options);
    await story(forker);
    assert.deepEqual(await forker.ended(), done);
    assert.ok(!existsSync(forker.socket));
    assert.ok(!existsSync(forker.controlSocket));
  }
  await assertNothingLeft(directory.path, baseline);
}

/** The one stop that the audit has. */
function stopIn({
  stateDirectory,
}: ForkerProcess): { readonly actor: string; readonly reason: string } | undefined {
  const audit = join(stateDirectory, 'audit');
  const lines = readdirSync(audit).flatMap((name) =>
    readFileSync(join(audit, name), 'utf8').trim().split('\n'),
  );
  const entries = lines.map(
    (line) => JSON.parse(line) as { kind: string; verb: string; actor: string; reason: string },
  );
  const stops = entries.filter(({ kind, verb }) => kind === 'action.requested' && verb === 'stop');
  assert.ok(stops.length <= 1, JSON.stringify(stops));
  return stops[0];
}

describe('a service that is asked to stop', () => {
  it('by quit says so, takes nothing new, and serves a waiting child to its end', async () => {
    await withForker(async (forker) => {
      using waiting = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      assert.equal(await ask(forker.socket, 'quit\n'), 'ok\nquit command requested... exiting\n');
      await until('the socket to be gone', () => !existsSync(forker.socket));
      await assert.rejects(ask(forker.socket, 'hello\n'), { code: 'ENOENT' });
      const peer = waiting.open();
      peer.send('1 served\n');
      peer.endSending();
      assert.deepEqual(await peer.finished(), { stdout: 'served\n', stderr: '' });
      assert.equal(await waiting.exited(), 0);
      const who = new RegExp(`^uid ${process.getuid?.()}, pid ${process.pid}, `);
      assert.match(stopIn(forker)?.actor ?? '', who);
      assert.equal(stopIn(forker)?.reason, 'quit on the fork socket');
    });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`by ${signal} waits for its children`, async () => {
      await withForker(async (forker) => {
        using running = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
        using peer = running.open();
        forker.kill(signal);
        await until('the socket to be gone', () => !existsSync(forker.socket));
        peer.send('1 still here\n');
        await peer.read('stdout', /still here/);
        peer.endSending();
        assert.equal(await running.exited(), 0);
        assert.deepEqual(
          [stopIn(forker)?.actor, stopIn(forker)?.reason],
          ['unknown', 'SIGTERM or SIGINT'],
        );
      });
    });
  }

  it('a second time waits no longer, interrupts its children, and answers their clients', async () => {
    await withForker(async (forker) => {
      using running = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      using waiting = await OldClient.fork(forker.socket, 'fork rocks\n');
      using peer = running.open();
      await until('the pipes to be connected', () => !existsSync(running.directory));
      assert.deepEqual(await forker.stop(), done);
      await peer.finished();
      // Breezy makes an exit of an interrupt; a child that still waits dies of it.
      assert.equal(await running.exited(), 3 << 8);
      assert.equal(await waiting.exited(), 130 << 8);
      assert.doesNotMatch(forker.stderr, /Traceback|ERROR/);
    });
  });

  it('with a children timeout that runs out interrupts them, then kills what does not end', async () => {
    await withForker(
      async (forker) => {
        using running = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
        using stopped = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
        using peers = new DisposableStack();
        for (const client of [running, stopped]) peers.use(client.open());
        for (const { directory } of [running, stopped])
          await until('the connection', () => !existsSync(directory));
        // A stopped process takes nothing but SIGKILL.
        process.kill(stopped.pid, 'SIGSTOP');
        assert.equal(await ask(forker.socket, 'quit\n'), 'ok\nquit command requested... exiting\n');
        assert.equal(await running.exited(), 3 << 8);
        assert.equal(await stopped.exited(), 9);
      },
      { options: ['--children-timeout', '0'] },
    );
  });

  it('right behind a fork request answers that too', async () => {
    await withForker(
      async (forker) => {
        using forking = await RawClient.connect(forker.socket);
        using quitting = await RawClient.connect(forker.socket);
        forking.send('fork rocks\n');
        quitting.send('quit\n');
        assert.match(await forking.readToEnd(), /^(ok\n\d+\n.*\nexited\n\d+\n|FAILURE\n.+\n)$/);
        assert.equal(await quitting.readToEnd(), 'ok\nquit command requested... exiting\n');
      },
      { options: ['--children-timeout', '0'] },
    );
  });

  it('in the middle of a request answers that the time is up', async () => {
    await withForker(async (forker) => {
      using client = await RawClient.connect(forker.socket);
      client.send('fork ro');
      await until(
        'the request to have come',
        () => new Promise((resolve) => setImmediate(resolve, true)),
      );
      assert.equal(await ask(forker.socket, 'quit\n'), 'ok\nquit command requested... exiting\n');
      assert.equal(await client.readToEnd(), 'FAILURE\nrequest timed out\n');
    });
  });

  it('before it is ready stops as soon as it is', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    {
      await using forker = ForkerProcess.spawn(directory.path);
      // The keeper is up, so the forker has long listened for signals; its zygote takes longer.
      await until('the keeper', () => existsSync(`${directory.path}/run/keeper.sock`));
      forker.kill('SIGTERM');
      assert.deepEqual(await forker.ended(), done);
      assert.ok(!isRunning(forker.pid));
    }
    await assertNothingLeft(directory.path, baseline);
  });
});

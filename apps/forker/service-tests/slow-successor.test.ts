import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { createLogger, predecessorSocketPath, processStartTime } from '@hatchery/daemon';
import { controlRequest } from '@hatchery/event-feed';
import {
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  RawClient,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';
import { prepareZygote } from '../src/keeper-link/prepare-zygote.ts';
import { writeOffer } from '../src/succession/offer.ts';
import { openSessions } from './many-sessions.test-support.ts';

/**
 * Has a forker hand over to a process that will never take the sockets; disposing kills that
 * process.
 */
async function handOverToNobody(old: ForkerProcess): Promise<Disposable> {
  const log = createLogger('forker', { level: 'error', format: 'json' });
  const config = loadConfig({ directory: '/nowhere', stateDirectory: old.stateDirectory });
  const { configuration } = await prepareZygote(config, log);
  const successor = spawn('sleep', ['infinity'], { stdio: 'ignore' });
  using stack = new DisposableStack();
  stack.defer(() => successor.kill('SIGKILL'));
  const pid = successor.pid ?? 0;
  const startTime = processStartTime(pid) ?? 0;
  using _offer = writeOffer(config, {
    successor: { pid, startTime, socket: config.forker.socket },
    zygote: configuration,
  });
  await controlRequest(
    old.controlSocket,
    'POST',
    '/v1/hand-over',
    { actor: 'ops', reason: 'test', pid },
    60_000,
  );
  return stack.move();
}

describe('a forker whose successor is slow to take the sockets', () => {
  // It asked for its clients on the path that was still its own, and each question made the next.
  // It outlived its stop.
  it('does not call itself, and ends when the successor dies', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    {
      await using old = await ForkerProcess.start(directory.path);
      const sessions = await openSessions(old.socket, 3);
      using successor = await handOverToNobody(old);
      using early = await RawClient.connect(old.socket);
      early.send('hello\n');
      const control = predecessorSocketPath(join(directory.path, 'run', 'control.sock'), old.pid);
      const clients = await until('an old forker that has let go, and our client there', () =>
        controlRequest(control, 'GET', '/v1/state').then(
          (state) =>
            (state as { clients: number }).clients > 3 && (state as { clients: number }).clients,
          () => null,
        ),
      );
      // The three that wait for an exit, and the one that waits for the successor.
      assert.equal(clients, 4);
      successor[Symbol.dispose]();
      assert.match(await early.readToEnd(), /^FAILURE\nthe service is being restarted: try again/);
      assert.deepEqual(await old.ended(), { code: 0, signal: null });
      assert.ok(sessions.every(({ child }) => isRunning(child.pid)));
      await using next = await ForkerProcess.start(directory.path);
      for (const { finish } of sessions) finish();
      assert.deepEqual(await next.stop(), { code: 0, signal: null });
    }
    await assertNothingLeft(directory.path, baseline);
  });
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { controlRequest } from '@hatchery/event-feed';
import {
  assertNothingLeft,
  ask,
  ForkerProcess,
  isRunning,
  OldClient,
  RawClient,
  runSession,
} from '@hatchery/testkit';
import { takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import type { PipePeer } from '@hatchery/testkit';
import { readEnded, readState, readZygotePid } from './one-forker.test-support.ts';

interface Running {
  readonly client: OldClient;
  readonly peer: PipePeer;
}

/**
 * Runs `story` with a forker and what it takes down; a forker that it leaves running is stopped,
 * and nothing may be left.
 */
async function withForker(
  story: (forker: ForkerProcess, stack: AsyncDisposableStack) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    await using stack = new AsyncDisposableStack();
    const forker = stack.use(await ForkerProcess.start(directory.path));
    await story(forker, stack);
  }
  await assertNothingLeft(directory.path, baseline);
}

/** A session that has said something and waits for more. */
async function startSession(forker: ForkerProcess, stack: AsyncDisposableStack): Promise<Running> {
  const client = stack.use(await OldClient.fork(forker.socket, 'fork launchpad-replay\n'));
  const peer = client.open();
  peer.send('1 before\n');
  await peer.read('stdout', /before\n/);
  return { client, peer };
}

/** Sends one more line through a session and ends it. */
async function finishSession({ peer }: Running): Promise<void> {
  peer.send('1 after\n');
  peer.endSending();
  assert.deepEqual(await peer.finished(), { stdout: 'before\nafter\n', stderr: '' });
}

describe('when the zygote is killed', () => {
  it('its children go on and are reported with status and rusage, and the next requests wait for another', async () => {
    await withForker(async (forker, stack) => {
      const sessions = [await startSession(forker, stack), await startSession(forker, stack)];
      const waiting = stack.use(await OldClient.fork(forker.socket, 'fork rocks\n'));
      const zygote = await readZygotePid(forker);
      process.kill(zygote, 'SIGKILL');
      const results = await Promise.all(
        [1, 2, 3, 4, 5].map(() => runSession(forker.socket, 'fork rocks\n')),
      );
      assert.deepEqual(
        results.map(({ status, stdout }) => [status, stdout]),
        results.map(() => [0, 'It sure does!\n']),
      );
      assert.notEqual(await readZygotePid(forker), zygote);
      for (const session of sessions) {
        await finishSession(session);
        assert.equal(await session.client.exited(), 0);
        const ended = await readEnded(forker, session.client.id);
        assert.ok(
          ended?.rusage !== undefined && ended.rusage !== null && ended.rusage.maxRssBytes > 0,
        );
      }
      waiting.open();
      assert.equal(await waiting.exited(), 0);
    });
  });

  it('again and again under requests, none is lost', async () => {
    await withForker(async (forker) => {
      for (let round = 0; round < 3; round += 1) {
        const results = Array.from({ length: 8 }, () => runSession(forker.socket, 'fork rocks\n'));
        process.kill(await readZygotePid(forker), 'SIGKILL');
        for (const { status } of await Promise.all(results)) assert.equal(status, 0);
      }
    });
  });
});

describe('when the forker is killed', () => {
  it('sessions go on, and the next forker takes the children over and hands out their exits', async () => {
    await withForker(async (forker, stack) => {
      const before = await startSession(forker, stack);
      const during = await startSession(forker, stack);
      const waiting = stack.use(await OldClient.fork(forker.socket, 'fork rocks\n'));
      const { keeper } = await readState(forker);
      forker.kill('SIGKILL');
      await forker.ended();
      await finishSession(during);
      await until('the exit', () => !isRunning(during.client.pid));

      const next = stack.use(await ForkerProcess.start(forker.stateDirectory));
      const state = await readState(next);
      assert.equal(state.keeper.pid, keeper.pid);
      assert.deepEqual(
        Object.keys(state.view.children).sort(),
        [before.client.id, waiting.id].sort(),
      );
      assert.equal(state.view.children[before.client.id]?.state, 'running');
      assert.equal(state.view.children[waiting.id]?.state, 'waiting');

      const { pid, id } = during.client;
      assert.match(
        await ask(next.socket, `attach ${id}\n`),
        new RegExp(`^ok\\n${pid}\\n.+\\nexited\\n0\\n$`),
      );
      // Heard once, it is forgotten.
      assert.match(await ask(next.socket, `attach ${id}\n`), /^FAILURE\nno child /);

      using attached = await RawClient.connect(next.socket);
      attached.send(`attach ${before.client.id}\n`);
      await attached.read(new RegExp(`^ok\\n${before.client.pid}\\n`));
      await finishSession(before);
      assert.match(await attached.readToEnd(), /\nexited\n0\n$/);
      waiting.open();
      await until(
        'the last child to end',
        async () => (await readState(next)).childrenRunning === 0,
      );
      assert.equal((await runSession(next.socket, 'fork rocks\n')).status, 0);
    });
  });
});

describe('when the keeper is killed', () => {
  it('sessions go on, their clients hear exit 255, and the next requests are served by another', async () => {
    await withForker(async (forker, stack) => {
      const session = await startSession(forker, stack);
      const { keeper } = await readState(forker);
      process.kill(keeper.pid, 'SIGKILL');
      await until(
        'another keeper',
        async () => (await readState(forker)).keeper.pid !== keeper.pid,
      );
      const { stdout, status } = await runSession(forker.socket, 'fork rocks\n');
      assert.deepEqual([stdout, status], ['It sure does!\n', 0]);
      await finishSession(session);
      assert.equal(await session.client.exited(), 255 << 8);
      const ended = await readEnded(forker, session.client.id);
      assert.deepEqual(ended?.exit, { code: null, signal: null, status: null });
      assert.equal(ended.rusage, null);
    });
  });

  it('a child that nobody connects to any more leaves no directory', async () => {
    await withForker(async (forker, stack) => {
      const waiting = stack.use(await OldClient.fork(forker.socket, 'fork rocks\n'));
      process.kill((await readState(forker)).keeper.pid, 'SIGKILL');
      process.kill(waiting.pid, 'SIGKILL');
      assert.equal(await waiting.exited(), 255 << 8);
      assert.ok(!existsSync(waiting.directory));
    });
  });

  it('an operator can still end its children', async () => {
    await withForker(async (forker, stack) => {
      const { client } = await startSession(forker, stack);
      const { keeper } = await readState(forker);
      process.kill(keeper.pid, 'SIGKILL');
      await until(
        'another keeper',
        async () => (await readState(forker)).keeper.pid !== keeper.pid,
      );
      const path = `/v1/children/${client.id}/signal`;
      await controlRequest(forker.controlSocket, 'POST', path, {
        signal: 'SIGTERM',
        actor: 'ops',
        reason: 'test',
      });
      assert.equal(await client.exited(), 255 << 8);
      assert.ok(!isRunning(client.pid));
    });
  });

  it('a stop still ends its children', async () => {
    await withForker(async (forker, stack) => {
      const { client } = await startSession(forker, stack);
      const { keeper } = await readState(forker);
      process.kill(keeper.pid, 'SIGKILL');
      await until(
        'another keeper',
        async () => (await readState(forker)).keeper.pid !== keeper.pid,
      );
      assert.deepEqual(await forker.stop(), { code: 0, signal: null });
      assert.equal(await client.exited(), 255 << 8);
      assert.ok(!isRunning(client.pid));
    });
  });
});

describe('when only the connection to the keeper breaks', () => {
  it('the forker dials again, and knows its children and their exits as before', async () => {
    await withForker(async (forker, stack) => {
      const session = await startSession(forker, stack);
      const { keeper } = await readState(forker);
      // The keeper serves the newest forker, and takes who speaks as one for it.
      using intruder = await RawClient.connect(join(forker.stateDirectory, 'run', 'keeper.sock'));
      intruder.send('{"request":"ping"}\n');
      await intruder.readToEnd();
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      const state = await readState(forker);
      assert.equal(state.keeper.pid, keeper.pid);
      assert.deepEqual(Object.keys(state.view.children), [session.client.id]);
      await finishSession(session);
      assert.equal(await session.client.exited(), 0);
    });
  });
});

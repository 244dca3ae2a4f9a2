import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { controlRequest } from '@hatchery/event-feed';
import {
  ask,
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  OldClient,
  runSession,
} from '@hatchery/testkit';
import { takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import { readEnded, readState } from './one-forker.test-support.ts';

/**
 * Runs `story` in a state directory of its own; whatever forker is in the stack is stopped, and
 * nothing may be left.
 */
async function inDirectory(
  story: (directory: string, stack: AsyncDisposableStack) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    await using stack = new AsyncDisposableStack();
    await story(directory.path, stack);
  }
  await assertNothingLeft(directory.path, baseline);
}

async function kill(forker: ForkerProcess): Promise<void> {
  forker.kill('SIGKILL');
  await forker.ended();
}

const who = { actor: 'ops', reason: 'test' };

describe('a client that lost its connection', () => {
  // Its dead connection counted as having heard the exit.
  it('attaches to a child that has ended since, and hears how', async () => {
    await inDirectory(async (directory, stack) => {
      const forker = stack.use(await ForkerProcess.start(directory));
      using client = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      using peer = client.open();
      await until('the connection', () => !existsSync(client.directory));
      client.leave();
      peer.send('3 no such channel\n');
      await until('the end', async () => (await readState(forker)).childrenRunning === 0);
      const attached = await ask(forker.socket, `attach ${client.id}\n`);
      assert.equal(attached, `ok\n${client.pid}\n${client.directory}\nexited\n768\n`);
      assert.match(await ask(forker.socket, `attach ${client.id}\n`), /^FAILURE\nno child /);
    });
  });
});

describe('a forker that is started again', () => {
  it('looks after children whose keeper died too, and leaves no directory', async () => {
    await inDirectory(async (directory, stack) => {
      const first = stack.use(await ForkerProcess.start(directory));
      const running = stack.use(await OldClient.fork(first.socket, 'fork launchpad-replay\n'));
      const ended = stack.use(await OldClient.fork(first.socket, 'fork launchpad-replay\n'));
      const waiting = stack.use(await OldClient.fork(first.socket, 'fork rocks\n'));
      const [peer, other] = [running.open(), ended.open()];
      for (const client of [running, ended])
        await until('the connection', () => !existsSync(client.directory));
      const { keeper } = await readState(first);
      await kill(first);
      process.kill(keeper.pid, 'SIGKILL');
      other.endSending();
      process.kill(waiting.pid, 'SIGKILL');
      await until('two to end', () => ![ended, waiting].some(({ pid }) => isRunning(pid)));

      const next = stack.use(await ForkerProcess.start(directory));
      for (const client of [ended, waiting]) {
        await until('its end', async () => (await readEnded(next, client.id)) !== null);
        assert.deepEqual((await readEnded(next, client.id))?.exit, {
          code: null,
          signal: null,
          status: null,
        });
      }
      assert.ok(!existsSync(waiting.directory));
      assert.deepEqual(Object.keys((await readState(next)).view.children), [running.id]);
      const path = `/v1/children/${running.id}/signal`;
      await controlRequest(next.controlSocket, 'POST', path, { ...who, signal: 'SIGTERM' });
      assert.match(await ask(next.socket, `attach ${running.id}\n`), /\nexited\n65280\n$/);
      await peer.finished();
    });
  });

  it('keeps why a child is being ended, and tells nothing twice', async () => {
    await inDirectory(async (directory, stack) => {
      const first = stack.use(await ForkerProcess.start(directory));
      const client = stack.use(await OldClient.fork(first.socket, 'fork launchpad-replay\n'));
      client.open();
      await until('the connection', () => !existsSync(client.directory));
      process.kill(client.pid, 'SIGSTOP');
      // Of two signals that wait together the lower number comes first, and SIGTERM's is lower.
      await until('the stop', () =>
        readFileSync(`/proc/${client.pid}/stat`, 'utf8').includes(') T '),
      );
      const path = `/v1/children/${client.id}/signal`;
      await controlRequest(first.controlSocket, 'POST', path, { ...who, signal: 'SIGTERM' });
      await kill(first);
      process.kill(client.pid, 'SIGCONT');
      await until('the end', () => !isRunning(client.pid));
      const next = stack.use(await ForkerProcess.start(directory));
      await until('the end on record', async () => (await readEnded(next, client.id)) !== null);
      assert.equal((await readEnded(next, client.id))?.exit?.signal, 'SIGTERM');
      const { view } = await readState(next);
      assert.equal(view.recentChildren.filter(({ id }) => id === client.id).length, 1);
      assert.match(next.stderr, /child exited .*"cause":"SIGTERM by ops: test"/);
    });
  });

  it('is still drained when an operator had it so, and not when it was stopped', async () => {
    await inDirectory(async (directory, stack) => {
      const first = stack.use(await ForkerProcess.start(directory));
      await controlRequest(first.controlSocket, 'POST', '/v1/drain', who);
      await kill(first);
      const second = stack.use(await ForkerProcess.start(directory));
      assert.match(
        await ask(second.socket, 'fork rocks\n'),
        /^FAILURE\nthe service is being drained/,
      );
      await controlRequest(second.controlSocket, 'POST', '/v1/undrain', who);
      assert.equal((await runSession(second.socket, 'fork rocks\n')).status, 0);
      await second.stop();
      const third = stack.use(await ForkerProcess.start(directory));
      assert.equal((await readState(third)).view.draining, false);
      assert.equal((await runSession(third.socket, 'fork rocks\n')).status, 0);
    });
  });

  it('and cannot start, leaves the children of the one before to the next', async () => {
    await inDirectory(async (directory, stack) => {
      const first = stack.use(await ForkerProcess.start(directory));
      const client = stack.use(await OldClient.fork(first.socket, 'fork launchpad-replay\n'));
      const peer = client.open();
      await until('the connection', () => !existsSync(client.directory));
      await kill(first);
      const manifest = join(directory, 'preload.json');
      writeFileSync(manifest, '{"modules": []}');
      const failing = stack.use(
        ForkerProcess.spawn(directory, { options: ['--preload', manifest] }),
      );
      assert.deepEqual(await failing.ended(), { code: 1, signal: null });
      assert.ok(isRunning(client.pid));
      const next = stack.use(await ForkerProcess.start(directory));
      peer.endSending();
      assert.match(await ask(next.socket, `attach ${client.id}\n`), /\nexited\n0\n$/);
    });
  });
});

describe('a full disk below the log of events', () => {
  it('is reported, and costs neither a session nor an event', async (context) => {
    await inDirectory(async (directory, stack) => {
      const disk = join(directory, 'events');
      mkdirSync(disk);
      const { status, stderr } = spawnSync('mount', [
        '-t',
        'tmpfs',
        '-o',
        'size=128k',
        'tmpfs',
        disk,
      ]);
      if (status !== 0)
        return context.skip(`no file system of its own: ${stderr.toString().trim()}`);
      stack.defer(() => void spawnSync('umount', [disk]));
      const forker = stack.use(await ForkerProcess.start(directory));
      const before = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      const peer = stack.use(before).open();
      const filler = join(disk, 'filler');
      assert.throws(() => writeFileSync(filler, Buffer.alloc(1024 * 1024)), { code: 'ENOSPC' });
      for (let round = 0; round < 8; round += 1) {
        assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      }
      peer.endSending();
      assert.equal(await before.exited(), 0);
      assert.match(forker.stderr, /ERROR: forker: events are not on disk; they wait in memory/);
      await ask(forker.socket, 'hello\n');
      assert.match(forker.stderr, /hello .*"eventsOnDisk":false/);
      rmSync(filler);
      await until('the disk to be used again', () =>
        /events are on disk again \{"missing":0\}/.test(forker.stderr),
      );
      await kill(forker);
      const next = stack.use(await ForkerProcess.start(directory));
      assert.equal((await readState(next)).view.recentChildren.length, 9);
    });
  });
});

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { dialFeed } from '@hatchery/event-feed';
import type { Event } from '@hatchery/events';
import {
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  OldClient,
  runSession,
} from '@hatchery/testkit';
import { takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import { readState, readZygotePid } from './one-forker.test-support.ts';

/** Runs `story` with a forker whose pool is no way around its zygote, and what its feed says. */
async function withForker(
  story: (forker: ForkerProcess, events: readonly Event[]) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    await using forker = await ForkerProcess.start(directory.path, {
      config: '[forker]\npool_size = 0\n',
    });
    const events: Event[] = [];
    await using _feed = dialFeed(forker.controlSocket, {
      message: (message) => void (message.type === 'event' && events.push(message.event)),
      connection: () => undefined,
    });
    await story(forker, events);
  }
  await assertNothingLeft(directory.path, baseline);
}

/** As many sessions at once, each of which must come to its end. */
async function runSessions(forker: ForkerProcess, count: number): Promise<void> {
  const sessions = Array.from({ length: count }, () => runSession(forker.socket, 'fork rocks\n'));
  for (const { stdout, status } of await Promise.all(sessions)) {
    assert.deepEqual([stdout, status], ['It sure does!\n', 0]);
  }
}

describe('a zygote that hangs', () => {
  it('is replaced, with a cause for the operator, and whoever waits gets a child; running sessions notice nothing', async () => {
    await withForker(async (forker, events) => {
      using running = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      using peer = running.open();
      const zygote = await readZygotePid(forker);
      process.kill(zygote, 'SIGSTOP');
      await runSessions(forker, 40);
      assert.ok(!isRunning(zygote));
      assert.notEqual(await readZygotePid(forker), zygote);
      const told = await until('the event', () =>
        events.find(({ kind }) => kind === 'zygote.failed'),
      );
      assert.ok(told.kind === 'zygote.failed');
      assert.match(
        `${told.step}: ${told.message}`,
        /^serving: it gave no answer for \d+ s and was killed$/,
      );
      assert.match(forker.stderr, /it gave no answer for \d+ s and was killed/);
      peer.send('1 still here\n');
      peer.endSending();
      assert.deepEqual(await peer.finished(), { stdout: 'still here\n', stderr: '' });
      assert.equal(await running.exited(), 0);
    });
  });

  it('is replaced although nobody asks for a session', async () => {
    await withForker(async (forker) => {
      const zygote = await readZygotePid(forker);
      process.kill(zygote, 'SIGSTOP');
      await until(
        'another zygote',
        async () => ((await readState(forker)).zygote.pid ?? zygote) !== zygote,
      );
      await runSessions(forker, 1);
    });
  });
});

describe('a zygote that is slow', () => {
  it('is left alone when it stood still for some seconds', async () => {
    await withForker(async (forker, events) => {
      const zygote = await readZygotePid(forker);
      process.kill(zygote, 'SIGSTOP');
      const sessions = runSessions(forker, 8);
      setTimeout(() => isRunning(zygote) && process.kill(zygote, 'SIGCONT'), 3_000);
      await sessions;
      assert.equal(await readZygotePid(forker), zygote);
      assert.deepEqual(
        events.filter(({ kind }) => kind === 'zygote.failed'),
        [],
      );
    });
  });

  it('is left alone when it gets next to nothing of a processor', async () => {
    await withForker(async (forker) => {
      const zygote = await readZygotePid(forker);
      // All of them on one processor, and the zygote the last in the row, by setpriority(2).
      execFileSync('taskset', ['-cp', '0', String(zygote)]);
      execFileSync('renice', ['-n', '19', '-p', String(zygote)]);
      const others = Array.from({ length: 8 }, () =>
        spawn('taskset', ['-c', '0', 'sh', '-c', 'while :; do :; done']),
      );
      try {
        await runSessions(forker, 12);
      } finally {
        for (const other of others) other.kill('SIGKILL');
      }
      assert.equal(await readZygotePid(forker), zygote);
    });
  });
});

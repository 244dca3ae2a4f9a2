import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig, sessionSettings } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { ask, assertNothingLeft, isRunning, listProcesses, OldClient } from '@hatchery/testkit';
import { runSession, takeBaseline, temporaryDirectory } from '@hatchery/testkit';
import { proveSpawning } from '../src/keeper-link/prove-spawning.ts';
import { readEnded, readState, useOneForker } from './one-forker.test-support.ts';

const forker = useOneForker({ config: '[forker]\nfork = false\n[limits]\nopen_files = 99\n' });

describe('a service that forks nothing and can run nothing', () => {
  it('does not start, and says why', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    const usual = loadConfig({ directory: directory.path, stateDirectory: directory.path });
    // Too little memory for any session; a configuration that says so is refused before.
    const config = { ...usual, limits: { ...usual.limits, addressSpaceBytes: 20_000_000 } };
    await assert.rejects(proveSpawning(sessionSettings(config)), (error) => {
      assert.ok(error instanceof StartError);
      assert.match(error.message, /^no session can be run: .*; wait status \d+$/);
      return true;
    });
    await assertNothingLeft(directory.path, baseline);
  });
});

describe('a service that forks nothing', () => {
  it('has no zygote, and says that none is wanted', async () => {
    const { keeper, view, zygote } = await readState(forker());
    assert.deepEqual([view.zygote.state, zygote.isOff, zygote.trouble], ['off', true, null]);
    assert.deepEqual(
      listProcesses().filter(({ parentPid }) => parentPid === keeper.pid),
      [],
    );
  });

  it('answers the same requests with the same bytes', async () => {
    assert.equal(await ask(forker().socket, 'hello\n'), 'ok\nyep, still alive\n');
    assert.deepEqual(await runSession(forker().socket, 'fork rocks\n'), {
      stdout: 'It sure does!\n',
      stderr: '',
      status: 0,
    });
    const request = 'fork-env whoami\nBRZ_EMAIL: Jo <jo@example.org>\nend\n';
    assert.equal((await runSession(forker().socket, request)).stdout, 'Jo <jo@example.org>\n');
    const served = await runSession(forker().socket, 'fork lp-serve --inet alice\n', 'hello\n');
    assert.deepEqual([served.stdout, served.status], ['ok\x012\n', 0]);
  });

  it('reports exit status, rusage and the errors of a session as a forked one does', async () => {
    using client = await OldClient.fork(forker().socket, 'fork no-such-command\n');
    const { stderr } = await client.open().finished();
    assert.match(stderr, /^brz: ERROR: unknown command "no-such-command"\n$/);
    assert.equal(await client.exited(), 3 << 8);
    const ended = await readEnded(forker(), client.id);
    assert.ok((ended?.rusage?.maxRssBytes ?? 0) > 0);
    assert.ok((ended?.rusage?.userMs ?? 0) > 0);
  });

  it('ends a session by a signal, and says so', async () => {
    using client = await OldClient.fork(forker().socket, 'fork launchpad-replay\n');
    client.open();
    process.kill(client.pid, 'SIGTERM');
    assert.equal(await client.exited(), 15);
    assert.ok(!isRunning(client.pid));
  });

  it('has a child that nobody connects to die of SIGALRM', async () => {
    assert.equal(await ask(forker().socket, 'child_connect_timeout 1\n'), 'ok\n');
    using client = await OldClient.fork(forker().socket, 'fork rocks\n');
    assert.equal(await client.exited(), 14);
    assert.equal(await ask(forker().socket, 'child_connect_timeout 60\n'), 'ok\n');
  });
});

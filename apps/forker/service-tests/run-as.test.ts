import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  ask,
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  OldClient,
  runSession,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';
import { readEnded } from './one-forker.test-support.ts';

const nobody = Number(execFileSync('/usr/bin/id', ['-u', 'nobody'], { encoding: 'utf8' }));
const config = '[forker]\nrun_as = "nobody"\n';

/** A directory that other users can pass through, with a hosting root that is theirs. */
function prepare(directory: string): void {
  chmodSync(directory, 0o711);
  mkdirSync(join(directory, 'hosting'));
  chownSync(join(directory, 'hosting'), nobody, -1);
}

/** Runs `story` with a forker of root, and asserts that it leaves nothing. */
async function withForker(
  story: (forker: ForkerProcess) => Promise<void>,
  more = '',
  prepareMore: (directory: string) => void = () => undefined,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  prepare(directory.path);
  prepareMore(directory.path);
  {
    await using forker = await ForkerProcess.start(directory.path, { config: config + more });
    await story(forker);
    assert.deepEqual(await forker.stop(), { code: 0, signal: null });
  }
  await assertNothingLeft(directory.path, baseline);
}

/** One line of /proc/<pid>/status, as `Umask`. */
function status(pid: number, field: string): string {
  return (
    new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ??
    ''
  );
}

/** What only root could do: nothing of it is left to the process. */
function assertIsNobody(pid: number): void {
  assert.equal(status(pid, 'Uid'), [nobody, nobody, nobody, nobody].join('\t'));
  assert.doesNotMatch(`${status(pid, 'Groups')} `, /(^| )0 /);
  assert.equal(BigInt(`0x${status(pid, 'CapEff')}`), 0n);
  assert.equal(status(pid, 'NoNewPrivs'), '1');
}

describe('a child of a service of root', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  for (const [how, more] of [
    ['forked', ''],
    ['not forked', 'fork = false\n'],
  ] as const)
    it(`that is ${how} runs as the configured user, and its pipes are gone as soon as they are connected`, async () => {
      await withForker(async (forker) => {
        using client = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
        assertIsNobody(client.pid);
        assert.deepEqual(
          [statSync(client.directory).uid, statSync(client.directory).mode & 0o777],
          [nobody, 0o700],
        );
        for (const name of readdirSync(client.directory)) {
          const { uid, mode } = statSync(join(client.directory, name));
          assert.deepEqual([uid, mode & 0o777], [nobody, 0o600]);
        }
        const peer = client.open();
        // Its runtime directory belongs to root: the keeper removes what the child cannot, while it
        // runs.
        await until('the end of the directory', () => !existsSync(client.directory));
        assert.ok(isRunning(client.pid));
        peer.send('1 here\n');
        await peer.read('stdout', /here/);
        peer.endSending();
        assert.equal(await client.exited(), 0);
        assert.doesNotMatch(forker.stderr, /left its pipes behind/);
        assert.equal(statSync(join(forker.stateDirectory, 'breezy')).uid, nobody);
        assert.match((await runSession(forker.socket, 'fork rocks\n')).stdout, /sure/);
      }, more);
    });

  it('lets the group of a gateway to its pipes, where the runtime directory hands that on', async () => {
    const gateway = Number(execFileSync('/usr/bin/id', ['-g', 'daemon'], { encoding: 'utf8' }));
    const handOn = (directory: string): void => {
      const runtime = join(directory, 'run');
      mkdirSync(runtime);
      chownSync(runtime, 0, gateway);
      chmodSync(runtime, 0o2711);
    };
    const story = async (forker: ForkerProcess): Promise<void> => {
      using client = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      const names = readdirSync(client.directory).map((name) => join(client.directory, name));
      const modes = [client.directory, ...names].map((path) => {
        const { uid, gid, mode } = statSync(path);
        return [uid, gid, (mode & 0o777).toString(8)];
      });
      const fifo = [nobody, gateway, '660'];
      assert.deepEqual(modes, [[nobody, gateway, '750'], fifo, fifo, fifo]);
      client.open().endSending();
      assert.equal(await client.exited(), 0);
      assert.ok(!existsSync(client.directory));
    };
    await withForker(story, '', handOn);
  });

  it('has its pipes removed by the service when nobody comes, or when it is killed', async () => {
    await withForker(async (forker) => {
      using killed = await OldClient.fork(forker.socket, 'fork rocks\n');
      process.kill(killed.pid, 'SIGKILL');
      assert.equal(await killed.exited(), 9);
      assert.equal(await ask(forker.socket, 'child_connect_timeout 1\n'), 'ok\n');
      using waiting = await OldClient.fork(forker.socket, 'fork rocks\n');
      assert.equal(await waiting.exited(), 14);
      for (const { id, directory } of [killed, waiting]) {
        assert.ok(!existsSync(directory));
        assert.match(forker.stderr, new RegExp(`WARN.*a dead child left its pipes behind.*${id}`));
      }
      assert.equal((await readEnded(forker, waiting.id))?.exit?.signal, 'SIGALRM');
    });
  });

  it('is not started when the hosting root is not theirs, and starts when the remedy is carried out', async () => {
    using directory = temporaryDirectory();
    chmodSync(directory.path, 0o711);
    mkdirSync(join(directory.path, 'hosting', '~alice'), { recursive: true });
    await using forker = ForkerProcess.spawn(directory.path, { config });
    assert.deepEqual(await forker.ended(), { code: 1, signal: null });
    assert.match(
      forker.stderr,
      /^forker: \S+hosting belongs to the user with uid 0, but sessions run as nobody .*: chown -R nobody \S+\n$/,
    );
    const [, remedy = ''] = /: (chown -R .*)\n$/.exec(forker.stderr) ?? [];
    execFileSync('/bin/sh', ['-c', remedy]);
    await using mended = await ForkerProcess.start(directory.path, { config });
    assert.equal((await runSession(mended.socket, 'fork rocks\n')).status, 0);
  });

  it('is not started when a directory on the way to the pipes is closed to them', async () => {
    using directory = temporaryDirectory();
    prepare(directory.path);
    chmodSync(directory.path, 0o700);
    await using forker = ForkerProcess.spawn(directory.path, { config });
    assert.deepEqual(await forker.ended(), { code: 1, signal: null });
    assert.match(
      forker.stderr,
      /^forker: sessions run as nobody, who cannot reach \S+: a directory above it is closed to others\n$/,
    );
  });

  it('is not started as a user that does not exist', async () => {
    using directory = temporaryDirectory();
    await using forker = ForkerProcess.spawn(directory.path, {
      config: '[forker]\nrun_as = "no-such-user"\n',
    });
    assert.deepEqual(await forker.ended(), { code: 1, signal: null });
    assert.equal(
      forker.stderr,
      'forker: forker.run_as: there is no user no-such-user on this system\n',
    );
  });
});

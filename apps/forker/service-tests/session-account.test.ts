import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Confinement } from '@hatchery/daemon';
import {
  assertNothingLeft,
  ForkerProcess,
  OldClient,
  takeBaseline,
  temporaryDirectory,
} from '@hatchery/testkit';
import { readState } from './one-forker.test-support.ts';

/** What `id -u` says of the account that ./hatchery makes where root runs it. */
const accountUid = (): number =>
  Number(execFileSync('/usr/bin/id', ['-u', 'hatchery-sessions'], { encoding: 'utf8' }));

/**
 * Starts a forker of root, and returns whose its sessions are and why; it has stopped, and left
 * nothing.
 */
async function sessionsOf(directory: string, config = ''): Promise<{ uid: number; lack: string }> {
  const baseline = takeBaseline();
  let found: { uid: number; lack: string };
  {
    await using forker = await ForkerProcess.start(directory, { config });
    using client = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
    const uid = Number(
      /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${client.pid}/status`, 'utf8'))?.[1],
    );
    const { confinement } = (await readState(forker)) as { readonly confinement?: Confinement };
    client.open().endSending();
    assert.equal(await client.exited(), 0);
    found = { uid, lack: confinement?.lacks.join('\n') ?? '' };
    assert.deepEqual(await forker.stop(), { code: 0, signal: null });
  }
  await assertNothingLeft(directory, baseline);
  return found;
}

describe(
  'sessions of a service of root, without run_as',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  () => {
    it('run as an account of their own, which gets a hosting root that is new or empty', async () => {
      using directory = temporaryDirectory();
      chmodSync(directory.path, 0o711);
      assert.equal((await sessionsOf(directory.path)).uid, accountUid());
      const root = join(directory.path, 'hosting');
      assert.equal(statSync(root).uid, accountUid());
      chownSync(root, 0, -1);
      const again = await sessionsOf(directory.path);
      assert.equal(again.uid, accountUid());
      assert.doesNotMatch(again.lack, /account of their own/);
    });

    it('read nothing of the state directory but what is for them', async () => {
      using directory = temporaryDirectory();
      chmodSync(directory.path, 0o711);
      await sessionsOf(directory.path);
      writeFileSync(join(directory.path, 'ssh_host_ed25519_key'), 'secret', { mode: 0o600 });
      // By its rights alone: Landlock, which a kernel may lack, is not in force here.
      const find = `find ${directory.path} -not -path '*/hosting*' -not -path '*/breezy*' -type f -readable; ls ${directory.path}/audit ${directory.path}/events`;
      const as = [
        '--reuid=hatchery-sessions',
        '--regid=hatchery-sessions',
        '--init-groups',
        '/bin/sh',
        '-c',
        find,
      ];
      const found = execFileSync(
        '/bin/sh',
        ['-c', '"$@" 2>/dev/null; true', 'sh', '/usr/bin/setpriv', ...as],
        {
          encoding: 'utf8',
        },
      );
      assert.equal(found, '');
    });

    it('run as root where branches are root’s, which is told with a remedy that helps', async () => {
      using directory = temporaryDirectory();
      chmodSync(directory.path, 0o711);
      mkdirSync(join(directory.path, 'hosting', '~alice'), { recursive: true });
      const { uid, lack } = await sessionsOf(directory.path);
      assert.equal(uid, 0);
      assert.match(
        lack,
        /^an account of their own, and run as the user of the service: \S+hosting belongs to .* uid 0/,
      );
      execFileSync('/bin/sh', ['-c', /: (chown -R .*)$/.exec(lack)?.[1] ?? 'false']);
      assert.equal((await sessionsOf(directory.path)).uid, accountUid());
    });

    it('keep their account when somebody has made a place in the hosting root by hand', async () => {
      using directory = temporaryDirectory();
      chmodSync(directory.path, 0o711);
      await sessionsOf(directory.path);
      mkdirSync(join(directory.path, 'hosting', '~carol'));
      assert.equal((await sessionsOf(directory.path)).uid, accountUid());
    });

    it('run as root where a directory is closed to the account, which is told', async () => {
      using directory = temporaryDirectory();
      const { uid, lack } = await sessionsOf(directory.path);
      assert.equal(uid, 0);
      assert.match(
        lack,
        /hatchery-sessions, who cannot reach \S+: a directory above it is closed to others/,
      );
    });

    it('run as the user of the service when run_as names that one', async () => {
      using directory = temporaryDirectory();
      chmodSync(directory.path, 0o711);
      const { uid, lack } = await sessionsOf(directory.path, '[forker]\nrun_as = "root"\n');
      assert.deepEqual([uid, /that is what forker\.run_as names$/.test(lack)], [0, true]);
    });
  },
);

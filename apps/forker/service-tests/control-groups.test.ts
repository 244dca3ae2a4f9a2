import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  assertNothingLeft,
  ForkerProcess,
  listProcesses,
  OldClient,
  runSession,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';
import {
  cannotMakeGroups,
  groupOf,
  ServiceGroup,
  startSleeper,
} from './control-groups.test-support.ts';
import { readState, readZygotePid } from './one-forker.test-support.ts';

/** Runs `story` with a whole service in a control group of its own. */
async function withService(
  { delegated, config = '' }: { readonly delegated: boolean; readonly config?: string },
  story: (forker: ForkerProcess, group: ServiceGroup) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  prepare(directory.path);
  await using group = new ServiceGroup({ delegated });
  {
    await using forker = await group.enter(() => ForkerProcess.start(directory.path, { config }));
    await story(forker, group);
    assert.deepEqual(await forker.stop(), { code: 0, signal: null });
    // The next service of this group starts from nothing.
    assert.deepEqual(group.below, []);
  }
  await assertNothingLeft(directory.path, baseline);
}

/** For a service of root whose sessions run as nobody. */
function prepare(directory: string): void {
  chmodSync(directory, 0o711);
  mkdirSync(join(directory, 'hosting'));
  chownSync(
    join(directory, 'hosting'),
    Number(execFileSync('/usr/bin/id', ['-u', 'nobody'], { encoding: 'utf8' })),
    -1,
  );
}

const linesAbout = (forker: ForkerProcess): string[] =>
  forker.stderr.split('\n').filter((line) => line.includes('control groups of their own'));

describe('a service whose control group is delegated to it', { skip: cannotMakeGroups }, () => {
  for (const [who, config] of [
    ['its own user', ''],
    ['another user', '[forker]\nrun_as = "nobody"\n'],
    ['its own user, without a zygote', '[forker]\nfork = false\n'],
  ] as const)
    it(`gives each session one of its own, run by ${who}, and takes it back`, async () => {
      await withService({ delegated: true, config }, async (forker, group) => {
        assert.equal(groupOf(forker.pid), group.path);
        assert.equal(groupOf((await readState(forker)).keeper.pid), group.path);
        using one = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
        using other = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
        // A child that waits has it too: it enters first thing.
        for (const { pid } of [one, other])
          assert.equal(groupOf(pid), `${group.path}/${group.ofSessions}/${pid}`);
        const peer = one.open();
        peer.send('1 here\n');
        await peer.read('stdout', /here/);
        peer.endSending();
        assert.equal(await one.exited(), 0);
        await until('the end of its group', () => !group.sessions.includes(`${one.pid}`));
        assert.ok(group.sessions.includes(`${other.pid}`));
        process.kill(other.pid, 'SIGKILL');
        assert.equal(await other.exited(), 9);
        await until('the end of the other', () => !group.sessions.includes(`${other.pid}`));
        assert.equal(linesAbout(forker).length, 1);
        assert.ok(
          linesAbout(forker)[0]?.includes(`${group.directory}/${group.ofSessions}`),
          linesAbout(forker)[0],
        );
      });
    });

  it('has the children that wait in the pool in groups of their own already, and the zygote', async () => {
    await withService({ delegated: true }, async (forker, group) => {
      const { pid: keeper } = (await readState(forker)).keeper;
      const children = (): number[] =>
        listProcesses()
          .filter(({ parentPid, state }) => parentPid === keeper && state !== 'Z')
          .map(({ pid }) => pid);
      await until('a pool', () => children().length === 3);
      assert.ok(children().includes(await readZygotePid(forker)));
      // One that has just been forked is about to enter.
      const isInPlace = (pid: number): boolean =>
        groupOf(pid) === `${group.path}/${group.ofSessions}/${pid}`;
      await until('groups of their own', () => children().every(isInPlace));
    });
  });

  it('ends what a session has left running in its group', async () => {
    await withService({ delegated: true }, async (forker, group) => {
      using client = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      using stray = startSleeper();
      const own = join(group.directory, group.ofSessions, `${client.pid}`);
      writeFileSync(join(own, 'cgroup.procs'), `${stray.pid}`);
      client.open().endSending();
      assert.equal(await client.exited(), 0);
      await until('the end of what it left', () => !group.sessions.includes(`${client.pid}`));
      await stray.ended;
    });
  });

  it('has the limits of its configuration in force there too', async () => {
    const config = '[limits]\ncpu_s = 77\nopen_files = 99\n';
    await withService({ delegated: true, config }, async (forker) => {
      using client = await OldClient.fork(forker.socket, 'fork rocks\n');
      const limits = readFileSync(`/proc/${client.pid}/limits`, 'utf8');
      assert.match(limits, /^Max cpu time +77 +82 /m);
      assert.match(limits, /^Max open files +99 +99 /m);
      client.open();
      assert.equal(await client.exited(), 0);
    });
  });
});

describe('a service whose control group is not delegated', { skip: cannotMakeGroups }, () => {
  it('says so once, makes none, and serves', async () => {
    await withService({ delegated: false }, async (forker, group) => {
      using client = await OldClient.fork(forker.socket, 'fork rocks\n');
      assert.equal(groupOf(client.pid), group.path);
      assert.deepEqual(group.below, []);
      client.open();
      assert.equal(await client.exited(), 0);
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      assert.equal(linesAbout(forker).length, 1);
      assert.match(
        linesAbout(forker)[0] ?? '',
        /sessions get no control groups of their own.*is not delegated to this service/,
      );
    });
  });
});

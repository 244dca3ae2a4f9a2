import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readScriptLocks } from '@hatchery/script-locks';
import { temporaryDirectory } from '@hatchery/testkit';
import { lockWord, RunningCommand, type CommandEnd } from '../../test-support/lock.ts';

async function run(stateDirectory: string, words: readonly string[]): Promise<CommandEnd> {
  using command = RunningCommand.hatchery(stateDirectory, ['lock', ...words]);
  return await command.ended();
}

describe('wrong usage', () => {
  it('ends with 2 and runs nothing', async () => {
    using directory = temporaryDirectory();
    for (const words of [
      [],
      ['a'],
      ['../a', '--', 'true'],
      ['.a', '--', 'true'],
      ['a', '--wait=-1', '--', 'true'],
      ['a', '--wait', 'soon', '--', 'true'],
      ['a', 'ls', '-l'],
    ]) {
      const { status, stderr } = await run(directory.path, words);
      assert.equal(status, 2, words.join(' '));
      assert.match(stderr, /^hatchery: lock: .*\n$/);
    }
  });

  it('of a directory that cannot be made is one line and exit 1', async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'locks'), '');
    const { status, stderr } = await run(directory.path, ['a', '--', 'true']);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^hatchery: lock: the locks directory \S+ is not a directory.* \(E\w+\); name a .*\n$/,
    );
  });

  it('of a directory where nothing can be made ends, with what to do', async () => {
    const { status, stderr } = await run('/proc/none', ['a', '--', 'true']);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^hatchery: lock: the locks directory \/proc\/none\/locks cannot be made .*ENOENT.*; name a .*\n$/,
    );
  });

  it('of a name says what is wrong with it, on one line', async () => {
    using directory = temporaryDirectory();
    const long = await run(directory.path, ['x'.repeat(300), '--', 'true']);
    assert.match(
      long.stderr,
      /^hatchery: lock: the name of a lock has at most 64 characters, not 300; .*\n$/,
    );
    const broken = await run(directory.path, ['a\nb', '--', 'true']);
    assert.match(broken.stderr, /^hatchery: lock: 'a\\x0ab' cannot name a lock.*\n$/);
  });
});

describe(
  'an account of the host other than the owner of a lock',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  () => {
    it('reads where the directory of locks cannot be made, and by whom', async () => {
      using directory = temporaryDirectory();
      chmodSync(directory.path, 0o755);
      const state = join(directory.path, 'none/state');
      const words = ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'sh', '-c'];
      using command = new RunningCommand('setpriv', [...words, `${lockWord(state, 'a')} -- true`]);
      const { status, stderr } = await command.ended();
      assert.equal(status, 1);
      assert.equal(
        stderr,
        `hatchery: lock: the locks directory ${state}/locks cannot be made: uid 65534 may not write in ` +
          `${directory.path} (EACCES); run hatchery lock once as uid 0, which owns that, or name a ` +
          'directory where its users may write by [locks] dir in hatchery.toml\n',
      );
      assert.equal((await run(state, ['a', '--', 'true'])).status, 0);
    });

    it('cannot hold it, not even by flock(1), until [locks] mode lets it in', async () => {
      using directory = temporaryDirectory();
      chmodSync(directory.path, 0o755);
      const configFile = join(directory.path, 'hatchery.toml');
      const nobody = async (script: string): Promise<CommandEnd> => {
        const words = [
          '--reuid',
          '65534',
          '--regid',
          '65534',
          '--clear-groups',
          'sh',
          '-c',
          script,
        ];
        using command = new RunningCommand('setpriv', words);
        return await command.ended();
      };
      writeFileSync(configFile, 'state_dir = "."\n');
      assert.equal((await run(directory.path, ['a', '--', 'true'])).status, 0);
      const byHand = `flock --nonblock '${directory.path}/locks/a.lock' true`;
      assert.notEqual((await nobody(byHand)).status, 0);
      const refused = await nobody(`${lockWord(directory.path, 'a')} -- true`);
      assert.equal(refused.status, 1);
      assert.match(
        refused.stderr,
        /locks is not for this user \(EACCES\); let .*everybody \("0666"\) in by \[locks\] mode/,
      );
      writeFileSync(configFile, 'state_dir = "."\n[locks]\nmode = "0666"\n');
      const lock = lockWord(directory.path, `a --config '${configFile}'`);
      assert.equal(
        (await run(directory.path, ['a', '--config', configFile, '--', 'true'])).status,
        0,
      );
      assert.equal((await nobody(`${lock} -- ${byHand} || ${lock} -- true`)).status, 0);
    });
  },
);

describe(
  'a user who may not write in the locks directory',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  () => {
    it('is warned once, with the remedy, and is shown with user, command and age', async () => {
      using directory = temporaryDirectory();
      const locks = join(directory.path, 'locks');
      mkdirSync(locks);
      writeFileSync(join(locks, 'a.lock'), '');
      for (const path of [directory.path, locks]) chmodSync(path, 0o755);
      const words = ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'sh', '-c'];
      const script = `${lockWord(directory.path, 'a')} -- sh -c 'echo held; exec sleep 600'`;
      using holder = new RunningCommand('setpriv', [...words, script]);
      await holder.says(/held/);
      const [lock] = readScriptLocks(locks);
      assert.deepEqual([lock?.holder?.user, lock?.condition], ['nobody', 'held']);
      assert.match(lock?.holder?.command ?? '', /^sh -c echo held/);
      assert.notEqual(lock?.holder?.since, null);
      assert.match(lock?.reasons?.join() ?? '', /could not write who it is/);
      const { status, stderr } = await run(directory.path, ['a', '--', 'true']);
      assert.equal(status, 75);
      assert.match(stderr, /lock a is held by nobody: sh -c echo held/);
      process.kill(lock?.holder?.pid ?? 0, 'SIGTERM');
      const end = await holder.ended();
      assert.match(
        end.stderr,
        /^hatchery: lock: cannot record the holder in .* \(EACCES\), so others see only what .*; let .*chmod a\+rwxt .*\n/,
      );
    });
  },
);

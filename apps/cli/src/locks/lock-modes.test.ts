import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { makeLocksDirectory } from '@hatchery/script-locks';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatcheryScript, RunningCommand } from '../../test-support/lock.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

/**
 * Takes the lock `a` with a configuration of these lines, under a umask; returns the command's
 * output.
 */
async function lockOnce(
  directory: string,
  lines: readonly string[],
  umask = '022',
  script = 'true',
): Promise<string> {
  const file = join(directory, 'hatchery.toml');
  writeFileSync(file, lines.join('\n'));
  const words = `umask ${umask}; exec '${hatcheryScript}' lock a --config '${file}' -- sh -c '${script}'`;
  using command = new RunningCommand('sh', ['-c', words]);
  const { status, stdout, stderr } = await command.ended();
  assert.deepEqual([status, stderr], [0, '']);
  return stdout;
}

const bindSocket = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';

describe('the file of a lock, which every user who may read it may hold', () => {
  for (const [mode, directoryMode] of [
    ['0600', 0o700],
    ['0640', 0o2770],
    ['0660', 0o2770],
    ['0666', 0o3777],
    ['0606', 0o1707],
  ] as const)
    it(`has mode ${mode} under every umask, and its directory admits the same accounts`, async () => {
      for (const umask of ['000', '077']) {
        using directory = temporaryDirectory();
        const locks = join(directory.path, 'locks');
        const shown = await lockOnce(
          directory.path,
          ['state_dir = "."', '[locks]', `mode = "${mode}"`],
          umask,
          `umask; stat -c %a ${locks}/a.holder.json`,
        );
        assert.deepEqual(
          [modeOf(join(locks, 'a.lock')), modeOf(locks)],
          [Number.parseInt(mode, 8), directoryMode],
        );
        const recordMode = (Number.parseInt(mode, 8) & 0o644).toString(8);
        assert.deepEqual(
          shown.split('\n'),
          [`0${umask}`, recordMode, ''],
          'the command keeps the caller’s umask',
        );
        const made = join(directory.path, 'made');
        makeLocksDirectory(made, Number.parseInt(mode, 8));
        assert.equal(
          modeOf(made),
          directoryMode,
          'the service creates the same directory as the command',
        );
      }
    });

  it('loses an earlier mode, while an operator’s directory keeps its own', async () => {
    using directory = temporaryDirectory();
    const locks = join(directory.path, 'locks');
    mkdirSync(locks);
    chmodSync(locks, 0o1777);
    writeFileSync(join(locks, 'a.lock'), '');
    chmodSync(join(locks, 'a.lock'), 0o644);
    await lockOnce(directory.path, ['state_dir = "."']);
    assert.deepEqual([modeOf(join(locks, 'a.lock')), modeOf(locks)], [0o600, 0o1777]);
  });

  it('opens its own directory as far as the mode needs, so that a changed configuration takes effect', async () => {
    using directory = temporaryDirectory();
    const locks = join(directory.path, 'locks');
    await lockOnce(directory.path, ['state_dir = "."']);
    await lockOnce(directory.path, ['state_dir = "."', 'locks.mode = "0666"']);
    assert.deepEqual([modeOf(join(locks, 'a.lock')), modeOf(locks)], [0o666, 0o3777]);
  });

  for (const [what, words, put] of [
    [
      'symlink',
      'a symlink, which is not followed',
      (path: string) => symlinkSync(`${path}.target`, path),
    ],
    ['FIFO', 'not a regular file', (path: string) => execFileSync('mkfifo', [path])],
    [
      'socket',
      'a socket',
      (path: string) => execFileSync('/usr/bin/python3', ['-c', bindSocket, path]),
    ],
    ['directory', 'not a regular file', (path: string) => mkdirSync(path)],
  ] as const) {
    it(`is no ${what} that somebody put in its place; once that is deleted, the lock can be taken`, async () => {
      using directory = temporaryDirectory();
      const path = join(directory.path, 'locks', 'a.lock');
      mkdirSync(join(path, '..'));
      put(path);
      using command = RunningCommand.lock(directory.path, ['a', '--', 'true']);
      const { status, stderr } = await command.ended();
      assert.deepEqual(
        [status, stderr.includes(`${path} is ${words}; delete it`)],
        [1, true],
        stderr,
      );
      assert.ok(!existsSync(`${path}.target`));
      rmSync(path, { recursive: true });
      using again = RunningCommand.lock(directory.path, ['a', '--', 'true']);
      assert.equal((await again.ended()).status, 0);
    });
  }
});

describe('the configuration, as the command of scripts reads it', () => {
  it('names the same directory as for the service, whichever keys set it', async () => {
    for (const lines of [
      ['state_dir = "."'],
      ['state_dir = "deep/er/../state"', '[ssh]', 'listen = "127.0.0.1:0"'],
      ['locks.dir = "shared"'],
      [
        'state_dir = "s"',
        '[locks]',
        'dir = "DIRECTORY/elsewhere"',
        'mode = "660"',
        'orphan_grace_s = 3',
      ],
      ['state_dir = "s"', 'locks = { dir = "../up", mode = 0o640 }'],
    ]) {
      using directory = temporaryDirectory();
      const inside = join(directory.path, 'etc');
      mkdirSync(inside);
      await lockOnce(
        inside,
        lines.map((line) => line.replace('DIRECTORY', directory.path)),
      );
      const { locks } = loadConfig({
        configFile: join(inside, 'hatchery.toml'),
        directory: directory.path,
      });
      assert.equal(modeOf(join(locks.directory, 'a.lock')), locks.mode, lines.join('; '));
    }
  });

  it('is read from where HATCHERY_CONFIG says, unless --config does', async () => {
    using directory = temporaryDirectory();
    const [named, other] = [join(directory.path, 'named.toml'), join(directory.path, 'other.toml')];
    writeFileSync(named, 'locks.dir = "named"');
    writeFileSync(other, 'locks.dir = "other"');
    for (const options of ['', `--config '${other}'`]) {
      using command = new RunningCommand('sh', [
        '-c',
        `HATCHERY_CONFIG='${named}' exec '${hatcheryScript}' lock a ${options} -- true`,
      ]);
      assert.equal((await command.ended()).status, 0);
    }
    assert.ok(
      existsSync(join(directory.path, 'named', 'a.lock')) &&
        existsSync(join(directory.path, 'other', 'a.lock')),
    );
  });

  it('that cannot be read, or has invalid values, is one line that names the file', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'hatchery.toml');
    for (const [text, words] of [
      ['locks = 7', /must be a table/],
      ['state_dir = 7', /state_dir must be a path/],
      ['locks.dir = "~/x"', /dir must be a path/],
      ['locks.mode = "0700"', /mode must let its owner/],
      ['[[[', /line 1/],
    ] as const) {
      writeFileSync(file, text);
      using command = RunningCommand.lock(directory.path, ['--config', file, 'a', '--', 'true']);
      const { status, stderr } = await command.ended();
      assert.equal(status, 1, text);
      assert.match(stderr, words);
      assert.ok(
        stderr.startsWith(`hatchery: ${file}: `) && stderr.split('\n').length === 2,
        stderr,
      );
    }
    using missing = RunningCommand.lock(directory.path, [
      '--config',
      join(directory.path, 'none'),
      'a',
      '--',
      'true',
    ]);
    assert.match((await missing.ended()).stderr, /none: there is no such file\n$/);
  });

  it('is not judged beyond the keys of locks: a cron job does not fail for a key of the page', async () => {
    using directory = temporaryDirectory();
    await lockOnce(directory.path, ['state_dir = "."', 'dashboard.listen = 7', 'nonsense = true']);
    assert.equal(readFileSync(join(directory.path, 'locks/a.lock'), 'utf8'), '');
  });
});

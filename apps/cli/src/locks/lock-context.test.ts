import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertNothingLeft, takeBaseline, temporaryDirectory } from '@hatchery/testkit';
import type { Baseline, TemporaryDirectory } from '@hatchery/testkit';
import { hatcheryScript, lockWord } from '../../test-support/lock.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../test-support/${name}`, import.meta.url));

let directory: TemporaryDirectory;
let baseline: Baseline;

beforeEach(() => {
  baseline = takeBaseline();
  directory = temporaryDirectory();
  mkdirSync(join(directory.path, 'locks'), { recursive: true });
});

afterEach(async () => {
  await assertNothingLeft(directory.path, baseline);
  directory[Symbol.dispose]();
});

/**
 * The output of a command in the fixture's unusual process context, under flock(1) and under
 * `hatchery lock`.
 */
function underBoth(words: readonly string[], options: readonly string[] = []): [string, string] {
  const flock = ['/usr/bin/flock', join(directory.path, 'locks/plain.lock')];
  const hatchery = [hatcheryScript, 'lock', '--state-dir', directory.path, 'plain', '--'];
  const [one, other] = [flock, hatchery].map((wrapper) => {
    const argv = [fixture('run-in-context.py'), ...options, ...wrapper, ...words];
    const { status, stdout, stderr } = spawnSync('/usr/bin/python3', argv, { encoding: 'latin1' });
    assert.deepEqual([status, stderr], [0, '']);
    return stdout;
  });
  return [one ?? '', other ?? ''];
}

/** The lines of proc_pid_status(5) that a process inherits. */
const inherited =
  /^(Umask|Uid|Gid|FDSize|Groups|SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt|Cap\w+|NoNewPrivs|Seccomp\w*|Speculation\w+|Cpus_\w+|Mems_\w+|CoreDumping|THP_\w+|TracerPid):/;

describe('the process context of a command, compared with flock(1)', () => {
  for (const options of [[], ['--ignore-pipe']])
    it(`signals, masks, rights and umask are the same ${options.join(' ')}`, () => {
      const [flock, hatchery] = underBoth(['cat', '/proc/self/status'], options).map((text) =>
        text.split(/\r?\n/).filter((line) => inherited.test(line) && !line.startsWith('FDSize')),
      );
      assert.ok((flock?.length ?? 0) > 20);
      assert.deepEqual(hatchery, flock);
    });

  it('limits, control group, working directory and OOM score are the same', () => {
    const files = [
      'limits',
      'cgroup',
      'oom_score_adj',
      'timerslack_ns',
      'coredump_filter',
      'personality',
    ];
    const [flock, hatchery] = underBoth(['cat', ...files.map((name) => `/proc/self/${name}`)]);
    assert.match(flock, /Max open files +77 +99/);
    assert.equal(hatchery, flock);
    assert.deepEqual(...underBoth(['readlink', '/proc/self/cwd']));
  });

  it('group, session, terminal, its foreground group, priority and scheduling are the same', () => {
    const [flock, hatchery] = underBoth(['cat', '/proc/self/stat']).map((text) => {
      const fields = text.replace(/^.*\) /, '').split(' ');
      return [2, 3, 4, 5, 15, 16, 35, 37, 38].map((number) => fields[number]);
    });
    assert.deepEqual(flock?.slice(0, 2), ['WRAPPER', 'WRAPPER']);
    assert.deepEqual(hatchery, flock);
  });

  it('environment and arguments are the same bytes in the same order', () => {
    const [flock, hatchery] = underBoth([
      'cat',
      '/proc/self/environ',
      '/proc/self/cmdline',
      '/dev/null',
    ]);
    assert.match(flock, /a\.b=no name.*bytes=\xff\xe9\0/s);
    assert.equal(hatchery, flock);
  });

  it('descriptors are the same, except for the lock, which is above those that scripts number', () => {
    const [flock, hatchery] = underBoth(['find', '/proc/self/fd', '-printf', '%f %l\\n']).map(
      (text) =>
        text
          .split('\r\n')
          .filter(
            (line) => /^\d+ /.test(line) && (Number.parseInt(line) < 16 || line.endsWith('.lock')),
          )
          .map((line) => line.replace(/pts\/\d+/, 'pts')),
    );
    const isLock = (line: string): boolean => line.endsWith('plain.lock');
    const without = (lines: readonly string[] = []): string[] =>
      lines.filter((line) => !isLock(line));
    assert.ok(without(flock).length >= 16);
    assert.deepEqual(without(hatchery), without(flock));
    const [lock, ...more] = (hatchery ?? []).filter(isLock);
    assert.deepEqual(more, []);
    assert.ok(Number(lock?.split(' ')[0]) > 15, lock);
  });
});

function bash(script: string): { status: number | null; stdout: string; stderr: string } {
  const environment = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    lock: lockWord(directory.path, ''),
  };
  return spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    cwd: directory.path,
    env: environment,
  });
}

describe('common uses of flock(1)', () => {
  it('a descriptor that the script opened is read', () => {
    assert.equal(
      bash('exec 5<<<x 3<<<y; eval "$lock pub -- sh -c \'cat <&5; cat <&3\'"').stdout,
      'x\ny\n',
    );
  });

  it('a name that is not UTF-8 is that name', () => {
    assert.equal(bash(`eval "$lock w -- touch" $'x\\xe9y'`).status, 0);
    const names = readdirSync(directory.path, { encoding: 'buffer' }).map((name) =>
      name.toString('latin1'),
    );
    assert.ok(names.includes('x\xe9y'), names.join());
  });

  it('a question on the terminal is answered', () => {
    const inner = `script -qec "$lock pub -- sh -c 'read x </dev/tty; echo got \\$x'" /dev/null`;
    assert.match(bash(`echo hello | ${inner}`).stdout, /got hello/);
  });

  it('nohup holds: the command ignores the hangup of its terminal', () => {
    const script = `trap '' HUP; eval "$lock a -- sh -c 'kill -HUP 0; echo lives'"`;
    assert.equal(bash(`setsid --wait bash -c ${JSON.stringify(script)}`).stdout, 'lives\n');
  });

  it('a command that closes inherited descriptors, as sudo and ssh do, still runs under the lock', () => {
    const probe = `flock --nonblock '${directory.path}/locks/a.lock' true || echo held`;
    const script = `eval "$lock a -- python3 -c 'import os; os.closerange(3, 300); os.system(\\"sleep 0.1; $probe\\")'"`;
    assert.equal(bash(`export probe=${JSON.stringify(probe)}; ${script}`).stdout, 'held\n');
  });

  it('a shell with job control stops, continues and interrupts it', () => {
    const word = `${lockWord(directory.path, 'a')} -- sh -c 'trap "echo goes on" CONT; echo begun; while :; do sleep 0.1; done'`;
    const steps = [
      `${word}\\r`,
      'begun\r\n',
      '^Z',
      'Stopped',
      '',
      'ready$ ',
      'fg\\r',
      'goes on\r\n',
      '^C',
      'ready$ ',
    ];
    const status = ['echo status $?\\r', 'status 130', 'jobs; echo none $((1))\\r', 'none 1'];
    const { status: exit, stderr } = spawnSync(
      '/usr/bin/python3',
      [fixture('type-in-shell.py'), ...steps, ...status],
      {
        encoding: 'utf8',
      },
    );
    assert.deepEqual([exit, stderr], [0, '']);
    assert.ok(existsSync(join(directory.path, 'locks/a.lock')));
  });

  it('a signal to the whole group arrives once, and so does one to hatchery alone', () => {
    const count = (kill: string): string =>
      bash(
        `set -m; echo 'trap "echo TERM" TERM; echo on >begun; until [ -e done ]; do sleep 0.1; done' >counts; ` +
          `${lockWord(directory.path, 'a')} -- bash counts & ` +
          `until [ -s begun ]; do sleep 0.02; done; ${kill}; sleep 0.5; touch done; wait; rm begun done`,
      ).stdout;
    assert.equal(count('kill -TERM -$!'), 'TERM\n');
    assert.equal(count('kill -TERM $!'), 'TERM\n');
    assert.equal(
      count('kill -TERM $!; sleep 0.5; kill -TERM -$!; sleep 0.3; kill -TERM $!'),
      'TERM\nTERM\nTERM\n',
    );
  });

  it('a signal to both ends both, as the caller sees it; a signal to the command alone gives 128 plus its number', () => {
    const how = `import subprocess,sys; print(subprocess.run(["sh", "-c", "exec " + sys.argv[1]], start_new_session=True).returncode)`;
    const run = (script: string): string => {
      const word = `${lockWord(directory.path, 'a')} -- sh -c '${script}'`;
      return spawnSync('/usr/bin/python3', ['-c', how, word], { encoding: 'utf8' }).stdout;
    };
    assert.equal(run('kill -INT 0; sleep 10'), '-2\n');
    assert.equal(run('kill -INT $$; sleep 10'), '130\n');
    assert.equal(run('exit 7'), '7\n');
  });

  it('is found on its PATH and in the empty place of it, and a script without a first line is the shell’s', () => {
    const script = `printf 'echo plain "$1"' >plain; chmod +x plain; PATH=$PATH: ; eval "$lock a -- plain word"`;
    assert.equal(bash(script).stdout, 'plain word\n');
  });
});

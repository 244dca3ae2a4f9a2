import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Lock } from '@hatchery/events';
import { readScriptLocks } from '@hatchery/script-locks';
import {
  assertNothingLeft,
  ForkerProcess,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';
import { lockWord, RunningCommand, type CommandEnd } from '../../test-support/lock.ts';

const directory = temporaryDirectory();
const baseline = takeBaseline();
let forker: ForkerProcess;

before(async () => {
  forker = await ForkerProcess.start(directory.path);
});

after(async () => {
  await forker[Symbol.asyncDispose]();
  await assertNothingLeft(directory.path, baseline);
  directory[Symbol.dispose]();
});

const start = (...words: string[]): RunningCommand =>
  RunningCommand.hatchery(directory.path, words);
const run = async (...words: string[]): Promise<CommandEnd> => {
  using command = start(...words);
  return await command.ended();
};

/** The lock of that name in `locks --json`, once it appears. */
async function shown(name: string): Promise<Lock> {
  return until(`lock ${name}`, async () => {
    const { stdout } = await run('locks', '--json');
    const pid = readScriptLocks(join(directory.path, 'locks')).find((lock) => lock.name === name)
      ?.holder?.pid;
    return (JSON.parse(stdout) as Lock[]).find(
      (lock) => lock.name === name && lock.holder?.pid === pid,
    );
  });
}

/**
 * A job that would hold its lock for long. It mentions the directory, so that a test that leaves it
 * behind fails.
 */
async function hold(name: string): Promise<RunningCommand> {
  const command = start(
    'lock',
    name,
    '--',
    'sh',
    '-c',
    `echo held; : ${directory.path}; while :; do sleep 0.1; done`,
  );
  await command.says(/held/);
  // Until the command's record is written, hatchery stands for it.
  await until('its record', () => {
    const holder = readScriptLocks(join(directory.path, 'locks')).find((lock) => lock.name === name)
      ?.holder?.pid;
    return holder !== undefined && holder !== command.pid;
  });
  return command;
}

describe('hatchery locks', () => {
  it('shows the lock of a script live, with its holder, until it is free', async () => {
    using holder = await hold('a');
    const lock = await shown('a');
    assert.deepEqual([lock.kind, lock.condition], ['script', 'held']);
    assert.match(lock.holder?.command ?? '', /^sh -c echo held/);
    assert.match((await run('locks')).stdout, new RegExp(`^${lock.id} +script +held .* a$`, 'm'));
    holder.kill('SIGTERM');
    assert.equal((await holder.ended()).status, 143);
    await until('no lock', async () => (await run('locks')).stdout === 'no lock is held\n');
  });

  it('watches: a line of JSON for each change', async () => {
    using watcher = start('locks', '--watch', '--json');
    await watcher.says(/^\[\]\n/);
    using holder = await hold('b');
    await watcher.says(/^\[\{.*"name":"b".*\}\]$/m);
    holder.kill('SIGTERM');
    await watcher.says(/\}\]\n\[\]\n$/);
    watcher.kill('SIGINT');
    assert.equal((await watcher.ended()).status, 0);
  });

  it('looks at the disk first on request', async () => {
    assert.deepEqual(await run('locks', '--scan', '--json'), {
      status: 0,
      stdout: '[]\n',
      stderr: '',
    });
  });

  it('shows the locks of scripts without a service, and says that these are all it knows', async () => {
    using elsewhere = RunningCommand.hatchery(join(directory.path, 'none'), ['locks', '--json']);
    const { status, stdout, stderr } = await elsewhere.ended();
    assert.deepEqual([status, stdout], [0, '[]\n']);
    assert.match(stderr, /^hatchery: locks: only those of scripts: no fork service answers/);
  });
});

describe('a deadlock of two scripts', () => {
  it('is shown as one, with both steps, and ending one party lets the other continue', async () => {
    const [one, other] = ['x', 'y'].map((first) => {
      const second = first === 'x' ? 'y' : 'x';
      const inner = `${lockWord(directory.path, second)} --wait 60 -- echo through ${directory.path}`;
      // Each takes its second lock only when both have their first.
      const both = `until [ -e '${directory.path}/x.first' ] && [ -e '${directory.path}/y.first' ]; do sleep 0.02; done`;
      return start(
        'lock',
        first,
        '--',
        'sh',
        '-c',
        `touch '${directory.path}/${first}.first'; ${both}; ${inner}`,
      );
    });
    if (one === undefined || other === undefined) return;
    using _one = one;
    using _other = other;
    const text = await until('a deadlock', async () => {
      const { stdout } = await run('locks');
      return stdout.includes('DEADLOCK') ? stdout : null;
    });
    assert.match(
      text,
      /^ {2}\S+ pid \d+ .* waits for script y \(\w+\), held by \S+ pid \d+ sh -c/m,
    );
    assert.match(
      text,
      /^ {2}\S+ pid \d+ .* waits for script x \(\w+\), held by \S+ pid \d+ sh -c/m,
    );
    const [, id = ''] = /^(\w+) {2}to end its job and free it/m.exec(text) ?? [];
    assert.match(
      (await run('break-lock', id, '--reason', 'test')).stdout,
      /the kernel has freed the lock/,
    );
    const ends = [await one.ended(), await other.ended()];
    assert.deepEqual(ends.map(({ status }) => status).sort(), [0, 143]);
    assert.equal(ends.filter(({ stdout }) => stdout.startsWith('through')).length, 1);
  });
});

describe('hatchery break-lock', () => {
  it('ends the job that holds the lock of a script', async () => {
    using holder = await hold('c');
    const { id } = await shown('c');
    const { status, stdout } = await run('break-lock', id, '--reason', 'test');
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^lock \S+: its job, process \d+ \(sh -c .*\) was ended by SIGTERM; the kernel has freed the lock\n$/,
    );
    assert.equal((await holder.ended()).status, 143);
    const again = await run('break-lock', id, '--reason', 'test');
    assert.equal(again.status, 1);
    assert.match(again.stderr, /is free by now: nothing was done/);
  });

  it('takes the name of a lock, and ends what its job left behind', async () => {
    const { stdout, status } = await run(
      'lock',
      'left',
      '--',
      'sh',
      '-c',
      'setsid sleep 600 >&- 2>&- & echo $!',
    );
    assert.equal(status, 0);
    const pid = Number(stdout);
    const lock = await until('what was left', async () => {
      const list = JSON.parse((await run('locks', '--json')).stdout) as Lock[];
      return list.find(({ name, holder }) => name === 'left' && holder?.pid === pid);
    });
    assert.equal(lock.holder?.command, 'sleep 600');
    const broken = await run('break-lock', 'left', '--reason', 'test');
    assert.equal(broken.status, 0, broken.stderr);
    assert.match(
      broken.stdout,
      new RegExp(`^lock ${lock.id} \\(script left\\): .*${pid} was ended by SIGTERM; .* freed`),
    );
    const audit = await run('audit', '--branch', 'left');
    assert.match(
      audit.stdout,
      /break-lock script left \(\w+\) .*before: held, of \S+ pid \d+ sleep 600; after: free\)/,
    );
  });

  it('does not break the lock of a script by force, because only the kernel can', async () => {
    using holder = await hold('d');
    const { id } = await shown('d');
    const { status, stderr } = await run('break-lock', id, '--force', '--reason', 'test');
    assert.equal(status, 1);
    assert.match(stderr, /two writers can damage.*\n.*without --force the holder is ended/);
    holder.kill('SIGTERM');
    assert.equal((await holder.ended()).status, 143);
  });

  it('refuses an id that never existed, and a break without a reason', async () => {
    const { status, stderr } = await run('break-lock', 'nope', '--reason', 'test');
    assert.equal(status, 1);
    const advice =
      /^hatchery: break-lock: there is no lock nope; hatchery locks --\S+ \S+ lists those that are held\n$/;
    assert.match(stderr, advice);
    for (const words of [
      ['break-lock', 'nope'],
      ['break-lock', 'nope', '--reason', ' '],
      ['break-lock', '--reason', 'r'],
    ]) {
      assert.equal((await run(...words)).status, 2, words.join(' '));
    }
  });
});

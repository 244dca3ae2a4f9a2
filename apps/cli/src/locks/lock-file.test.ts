import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readScriptLocks } from '@hatchery/script-locks';
import { until } from '@hatchery/testkit';
import { lockWord, RunningCommand } from '../../test-support/lock.ts';
import { useLockStage } from '../../test-support/lock-stage.ts';

const { locksDirectory, start, stateDirectory } = useLockStage();
const untilThere = (file: string): string =>
  `until [ -e '${join(stateDirectory(), file)}' ]; do sleep 0.02; done`;
const make = (file: string): void => writeFileSync(join(stateDirectory(), file), '');

describe('a lock is its file and not the file’s name', () => {
  it('whose file is deleted is still held: a newcomer is refused, and a waiter takes the new file', async () => {
    using holder = start('a', '--', 'sh', '-c', `echo held; ${untilThere('go')}`);
    await holder.says(/held/);
    using waiter = start('a', '--wait', '60', '--', 'sh', '-c', `echo mine; ${untilThere('end')}`);
    await until('the waiter', () => readScriptLocks(locksDirectory())[0]?.waiters.length === 1);
    rmSync(join(locksDirectory(), 'a.lock'));
    using newcomer = start('a', '--', 'true');
    const refused = await newcomer.ended();
    assert.equal(refused.status, 75);
    assert.match(
      refused.stderr,
      /is held by \S+: sh -c echo held.*, on a file that was deleted meanwhile;/,
    );
    const shown = readScriptLocks(locksDirectory()).find(
      ({ condition }) => condition === 'deleted',
    );
    assert.match(shown?.holder?.command ?? '', /^sh -c echo held/);
    assert.match(shown?.reasons?.join() ?? '', /its file was deleted/);
    make('go');
    assert.equal((await holder.ended()).status, 0);
    await waiter.says(/mine/);
    using late = start('a', '--', 'true');
    assert.equal((await late.ended()).status, 75, 'the waiter holds a file that nobody else finds');
    make('end');
    assert.equal((await waiter.ended()).status, 0);
  });

  it('of which flock(1) holds a deleted file is shown with that holder', async () => {
    using first = start('a', '--', 'true');
    await first.ended();
    using holder = new RunningCommand('flock', [
      join(locksDirectory(), 'a.lock'),
      'sh',
      '-c',
      `echo held; ${untilThere('go')}`,
    ]);
    await holder.says(/held/);
    rmSync(join(locksDirectory(), 'a.lock'));
    const [lock, ...others] = readScriptLocks(locksDirectory());
    assert.deepEqual(
      [lock?.condition, lock?.name, lock?.holder?.pid, others],
      ['deleted', 'a', holder.pid, []],
    );
    make('go');
    assert.equal((await holder.ended()).status, 0);
    assert.deepEqual(readScriptLocks(locksDirectory()), []);
  });
});

/** A flock(2) that answers like that of another file system. */
function shim(body: string): string {
  const [source, library] = [join(stateDirectory(), 'shim.c'), join(stateDirectory(), 'shim.so')];
  writeFileSync(
    source,
    `#define _GNU_SOURCE\n#include <errno.h>\n#include <fcntl.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n` +
      `int flock(int fd, int how) { ${body} return syscall(SYS_flock, fd, how); }\n`,
  );
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return library;
}

describe('on another file system', () => {
  it('that needs a writable file for an exclusive lock, such as NFS, the lock is taken', async () => {
    const library = shim(
      'if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) { errno = EBADF; return -1; }',
    );
    using command = RunningCommand.lock(stateDirectory(), ['a', '--', 'echo', 'ran'], {
      LD_PRELOAD: library,
    });
    assert.deepEqual(await command.ended(), { status: 0, stdout: 'ran\n', stderr: '' });
  });

  it('that has no such locks, the refusal names it and says what to do', async () => {
    const library = shim('errno = ENOLCK; return -1;');
    using command = RunningCommand.lock(stateDirectory(), ['a', '--', 'echo', 'ran'], {
      LD_PRELOAD: library,
    });
    const { status, stdout, stderr } = await command.ended();
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(
      stderr,
      /the file system of \S+ \(\w+\) takes no locks of flock\(2\): .*ENOLCK.*\[locks\] dir/,
    );
  });
});

it(
  'a user without a name can lock',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async () => {
    chmodSync(stateDirectory(), 0o777);
    const script = `${lockWord(join(stateDirectory(), 'own'), 'a')} -- cat '${join(stateDirectory(), 'own/locks/a.holder.json')}'`;
    const nobody = ['--reuid', '54321', '--regid', '54321', '--clear-groups', 'sh', '-c', script];
    using command = new RunningCommand('setpriv', nobody);
    const { status, stdout, stderr } = await command.ended();
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal((JSON.parse(stdout) as { user: string }).user, 'uid 54321');
  },
);

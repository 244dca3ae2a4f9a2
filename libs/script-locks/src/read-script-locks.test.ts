import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { holdByFlock } from '../test-support/flock.ts';
import { holderPath, lockPath } from './lock-files.ts';
import { processFacts, thisKernel } from './process-facts.ts';
import { readScriptLock, readScriptLocks } from './read-script-locks.ts';

it('a directory that is missing, or whose files no process locks, holds no lock', () => {
  using directory = temporaryDirectory();
  assert.deepEqual(readScriptLocks(join(directory.path, 'none')), []);
  writeFileSync(lockPath(directory.path, 'a'), '');
  assert.deepEqual(readScriptLocks(directory.path), []);
  assert.equal(readScriptLock(directory.path, 'never-made'), null);
});

it('a lock of flock(1) is shown with its process, and disappears with it', async () => {
  using directory = temporaryDirectory();
  {
    await using holder = await holdByFlock(join(directory.path, 'any-file'));
    const [lock, ...others] = readScriptLocks(directory.path);
    assert.deepEqual(others, []);
    assert.deepEqual([lock?.kind, lock?.name, lock?.condition], ['script', 'any-file', 'held']);
    assert.deepEqual([lock?.holder?.pid, lock?.holder?.host], [holder.pid, hostname()]);
    assert.ok(lock?.holder?.ancestors?.includes(process.pid));
    await until(
      'its command',
      () => readScriptLocks(directory.path)[0]?.holder?.command === 'sleep 600',
    );
  }
  assert.deepEqual(readScriptLocks(directory.path), []);
});

it('the record of an earlier holder is not trusted', async () => {
  using directory = temporaryDirectory();
  const dead = { pid: 4_194_300, startTime: 1 };
  const reused = { pid: process.pid, startTime: 1 };
  for (const gone of [dead, reused]) {
    const record = {
      format: 1,
      token: 't',
      process: dead,
      runner: gone,
      ...thisKernel(),
      user: 'u',
      host: 'h',
      command: 'old',
      since: 's',
    };
    writeFileSync(holderPath(directory.path, 'a'), JSON.stringify(record));
    await using holder = await holdByFlock(lockPath(directory.path, 'a'));
    const lock = readScriptLock(directory.path, 'a');
    assert.equal(lock?.holder?.pid, holder.pid);
    assert.match(lock?.reasons?.[0] ?? '', /outside hatchery/);
  }
});

it('a record that is empty or nonsense does not hide the lock', async () => {
  using directory = temporaryDirectory();
  await using holder = await holdByFlock(lockPath(directory.path, 'a'));
  for (const text of ['', '{', 'null']) {
    writeFileSync(holderPath(directory.path, 'a'), text);
    assert.equal(readScriptLock(directory.path, 'a')?.holder?.pid, holder.pid);
  }
});

it('directories among the files are ignored', () => {
  using directory = temporaryDirectory();
  mkdirSync(join(directory.path, 'b.lock'));
  assert.deepEqual(readScriptLocks(directory.path), []);
});

it('a process is identified by its start time, and one that has ended does not count', () => {
  assert.equal(processFacts(process.pid)?.parentPid, process.ppid);
  assert.equal(processFacts(4_194_300), null);
});

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { HolderRecord, KernelLock } from '@hatchery/locks';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { holdByFlock } from '../test-support/flock.ts';
import { identifyHolder } from './identify-holder.ts';
import { searchHolders, type HolderSearch } from './lock-holders.ts';
import { processFacts, thisKernel } from './process-facts.ts';
import { isLocked, readScriptLocks } from './read-script-locks.ts';

const lockOf = (pid: number | null): KernelLock => ({
  type: 'FLOCK',
  exclusive: true,
  device: 'fe:00',
  inode: 1,
  waiting: false,
  pid,
});
const nobody: HolderSearch = { has: () => null, all: () => [] };

function recordOf(pid: number, startTime: number): HolderRecord {
  const name = { pid, startTime };
  return {
    token: 't',
    process: name,
    runner: name,
    ...thisKernel(),
    user: 'u',
    host: 'h',
    command: 'c',
    since: 's',
  };
}

it('the pid that the kernel names is not trusted: any process may have it by now', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'a');
  await using holder = await holdByFlock(path);
  const search = searchHolders(path);
  // This process plays a stranger that got the pid of the process that took the lock.
  for (const taker of [process.pid, 4_194_300, null]) {
    assert.equal(
      identifyHolder(lockOf(taker), null, search, null).process?.pid,
      holder.pid,
      String(taker),
    );
  }
});

it('a record is not trusted for a process that has another start time, or does not have the lock', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'a');
  await using holder = await holdByFlock(path);
  const search = searchHolders(path);
  const start = processFacts(process.pid)?.startTime ?? 0;
  for (const record of [
    recordOf(process.pid, start),
    recordOf(holder.pid ?? 0, 1),
    recordOf(4_194_300, 1),
  ]) {
    const found = identifyHolder(lockOf(holder.pid ?? 0), record, search, {
      pid: process.pid,
      startTime: start,
    });
    assert.deepEqual([found.record, found.process?.pid], [null, holder.pid]);
  }
});

it('a record whose process we may not inspect is reported as a record only', () => {
  const start = processFacts(process.pid)?.startTime ?? 0;
  const said = identifyHolder(lockOf(null), recordOf(process.pid, start), nobody, null);
  assert.deepEqual([said.record?.token, said.process], ['t', null]);
  assert.match(said.reason, /says so of itself/);
  const unseen = identifyHolder(lockOf(4_194_300), recordOf(process.pid, 1), nobody, null);
  assert.deepEqual([unseen.record, unseen.process], [null, null]);
  assert.match(unseen.reason, /another user’s process/);
});

it('a process that only has the file open has no lock; all that share the lock are found, the topmost first', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'a');
  writeFileSync(path, '');
  const descriptor = openSync(path, 'r');
  try {
    assert.deepEqual(searchHolders(path).all(), []);
    assert.equal(
      spawnSync('flock', ['3'], { stdio: ['ignore', 'ignore', 'inherit', descriptor] }).status,
      0,
    );
    const child = spawn('sleep', ['600'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
    const found = await until('both', () => {
      const pids = searchHolders(path)
        .all()
        .map(({ pid }) => pid);
      return pids.length === 2 ? pids : null;
    });
    assert.deepEqual(found, [process.pid, child.pid]);
    assert.equal(readScriptLocks(directory.path)[0]?.holder?.pid, process.pid);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  } finally {
    closeSync(descriptor);
  }
  assert.equal(isLocked(path), false);
});

it('all three waiters are found, though the kernel lists them waiting behind each other', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'a');
  await using _holder = await holdByFlock(path);
  const waiters = [1, 2, 3].map(() =>
    spawn('flock', ['--no-fork', path, 'true'], { stdio: 'ignore' }),
  );
  try {
    const pids = waiters.map(({ pid }) => pid ?? 0).sort();
    await until('all of them', () => {
      const seen = (readScriptLocks(directory.path)[0]?.waiters ?? [])
        .map(({ pid }) => pid ?? 0)
        .sort();
      return JSON.stringify(seen) === JSON.stringify(pids);
    });
  } finally {
    const ended = waiters.map((waiter) => new Promise((resolve) => waiter.once('exit', resolve)));
    for (const waiter of waiters) waiter.kill('SIGKILL');
    await Promise.all(ended);
  }
});

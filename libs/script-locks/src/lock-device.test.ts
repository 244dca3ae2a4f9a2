import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { deviceName } from '@hatchery/locks';
import { temporaryDirectory } from '@hatchery/testkit';
import { holdByFlock } from '../test-support/flock.ts';
import { deviceOfDirectory } from './lock-device.ts';
import { readScriptLocks } from './read-script-locks.ts';

/** Runs a program of the system; null when it succeeded, else why not. */
function complaintOf(file: string, ...words: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(file, words, { encoding: 'utf8' });
  return status === 0 ? null : `${file}: ${error?.message ?? stderr.trim()}`;
}

/**
 * Mounts until the end of the stack. Returns false, and skips the test, when this machine or user
 * cannot mount.
 */
function mounted(
  context: TestContext,
  stack: DisposableStack,
  place: string,
  ...words: readonly string[]
): boolean {
  mkdirSync(place);
  const complaint = complaintOf('mount', ...words, place);
  if (complaint !== null) context.skip(complaint);
  else stack.defer(() => assert.equal(complaintOf('umount', place), null));
  return complaint === null;
}

it('on an ordinary file system, the device is that of stat(2)', () => {
  using directory = temporaryDirectory();
  const name = deviceName(statSync(directory.path).dev);
  assert.deepEqual(deviceOfDirectory(directory.path), { name, isShared: false });
});

it('on btrfs, where each subvolume has a device number of its own, a lock is seen, and that of another subvolume is not', async (context) => {
  using directory = temporaryDirectory();
  using stack = new DisposableStack();
  const [image, root] = [join(directory.path, 'image'), join(directory.path, 'root')];
  writeFileSync(image, '');
  truncateSync(image, 150 * 1024 * 1024);
  const complaint = complaintOf('mkfs.btrfs', '-q', image);
  if (complaint !== null) return context.skip(complaint);
  if (!mounted(context, stack, root, '-t', 'btrfs', '-o', 'loop', image)) return;
  const [one, other] = [join(root, 'one'), join(root, 'other')];
  for (const volume of [one, other]) {
    assert.equal(complaintOf('btrfs', '-q', 'subvolume', 'create', volume), null);
    writeFileSync(join(volume, 'a'), '');
  }
  const [mine, theirs] = [statSync(join(one, 'a')), statSync(join(other, 'a'))];
  assert.equal(mine.ino, theirs.ino, 'the two files are not told apart by their numbers');
  assert.notEqual(
    deviceName(mine.dev),
    deviceOfDirectory(one).name,
    'the kernel names them as stat(2) does',
  );
  await using holder = await holdByFlock(join(one, 'a'));
  assert.deepEqual(
    readScriptLocks(one).map((lock) => lock.holder?.pid),
    [holder.pid],
  );
  assert.deepEqual(readScriptLocks(other), []);
});

it('on an overlay over another file system, a lock is seen', async (context) => {
  using directory = temporaryDirectory();
  using stack = new DisposableStack();
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) =>
    join(directory.path, name),
  );
  if (lower === undefined || upper === undefined || work === undefined || merged === undefined)
    return;
  if (!mounted(context, stack, lower, '-t', 'tmpfs', 'tmpfs')) return;
  for (const place of [upper, work]) mkdirSync(place);
  writeFileSync(join(lower, 'a'), '');
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  if (!mounted(context, stack, merged, '-t', 'overlay', '-o', options, 'overlay')) return;
  const file = join(merged, 'a');
  assert.notEqual(
    deviceName(statSync(file).dev),
    deviceOfDirectory(merged).name,
    'this overlay is of the plain kind',
  );
  await using holder = await holdByFlock(file);
  assert.deepEqual(
    readScriptLocks(merged).map((lock) => lock.holder?.pid),
    [holder.pid],
  );
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { breakDiskLock, readDiskLock } from './disk-lock.ts';
import { LockDirectory } from './lock-dir.test-support.ts';

describe('a lock on disk', () => {
  it('that is free, or has no directory, does not exist', () => {
    using directory = temporaryDirectory();
    const lock = new LockDirectory(directory.path);
    assert.equal(readDiskLock(lock.path), null);
    assert.equal(readDiskLock(join(directory.path, 'none')), null);
    assert.equal(breakDiskLock(lock.path, 'n1'), 'free');
  });

  it('is broken whole, and leaves nothing behind', () => {
    using directory = temporaryDirectory();
    const lock = new LockDirectory(directory.path);
    lock.take('n1');
    assert.deepEqual(
      [readDiskLock(lock.path)?.nonce, readDiskLock(lock.path)?.ownFile],
      ['n1', true],
    );
    assert.equal(breakDiskLock(lock.path, 'n1'), 'broken');
    assert.deepEqual(readdirSync(lock.path), []);
  });

  it('of another holder than the one seen is left alone', () => {
    using directory = temporaryDirectory();
    const lock = new LockDirectory(directory.path);
    lock.take('n2');
    assert.equal(breakDiskLock(lock.path, 'n1'), 'changed');
    assert.equal(readDiskLock(lock.path)?.nonce, 'n2');
    assert.deepEqual(readdirSync(lock.path), ['held']);
  });

  it('that is no directory, a link, or has an invalid info file, is held and can be broken', () => {
    using directory = temporaryDirectory();
    const lock = new LockDirectory(directory.path);
    const held = join(lock.path, 'held');
    const others: Record<string, () => void> = {
      file: () => writeFileSync(held, ''),
      link: () => symlinkSync('/nowhere', held),
      'link to a directory': () => symlinkSync('/etc', held),
      'info is a directory': () => mkdirSync(join(held, 'info'), { recursive: true }),
      'info is a FIFO': () => {
        mkdirSync(held);
        execFileSync('mkfifo', [join(held, 'info')]);
      },
      'info is huge': () => lock.takeWith(`user: ${'x'.repeat(1_000_000)}`),
      'info leads nowhere': () => {
        mkdirSync(held);
        symlinkSync('/nowhere', join(held, 'info'));
      },
    };
    for (const [name, make] of Object.entries(others)) {
      make();
      const read = readDiskLock(lock.path);
      assert.ok(read !== null && 'corrupt' in read.info, name);
      assert.ok(Math.abs(Date.parse(read.changedAt) - Date.now()) < 86_400_000 * 36_500, name);
      assert.equal(breakDiskLock(lock.path, read.mark), 'broken', name);
      assert.deepEqual(readdirSync(lock.path), [], name);
    }
    assert.ok(existsSync('/etc/passwd'));
  });

  it('without a nonce is compared by all its data', () => {
    using directory = temporaryDirectory();
    const lock = new LockDirectory(directory.path);
    const marks = new Set<string>();
    for (const text of [null, '', 'garbage', '\0\0']) {
      lock.takeWith(text);
      const read = readDiskLock(lock.path);
      assert.ok(read !== null && 'corrupt' in read.info && read.nonce === null);
      marks.add(read.mark);
    }
    assert.equal(marks.size, 4);
    const before = readDiskLock(lock.path)?.mark ?? '';
    writeFileSync(join(lock.path, 'held', 'info'), 'garbage of another');
    assert.equal(breakDiskLock(lock.path, before), 'changed');
    assert.equal(breakDiskLock(lock.path, readDiskLock(lock.path)?.mark ?? ''), 'broken');
    assert.ok(!existsSync(join(lock.path, 'held')));
  });
});

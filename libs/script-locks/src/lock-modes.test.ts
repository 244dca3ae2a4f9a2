import assert from 'node:assert/strict';
import { chmodSync, closeSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { lockPath, openLockFile, recordMode } from './lock-files.ts';

const umaskBefore = process.umask();
const modeOf = (path: string): number => statSync(path).mode & 0o7777;

afterEach(() => void process.umask(umaskBefore));

describe('the file of a lock, which whoever may read it may hold', () => {
  for (const [mode, directoryMode] of [
    [0o600, 0o700],
    [0o640, 0o2770],
    [0o660, 0o2770],
    [0o666, 0o3777],
    [0o606, 0o1707],
  ] as const)
    for (const umask of [0o000, 0o022, 0o077])
      it(`has mode ${mode.toString(8)} under umask ${umask.toString(8)}, and its directory lets in the same accounts`, () => {
        using directory = temporaryDirectory();
        process.umask(umask);
        const locks = join(directory.path, 'locks');
        closeSync(openLockFile({ directory: locks, name: 'a', mode }));
        assert.deepEqual([modeOf(lockPath(locks, 'a')), modeOf(locks)], [mode, directoryMode]);
      });

  it('loses a mode that it was made with before, while a directory of the operator keeps its own', () => {
    using directory = temporaryDirectory();
    const locks = join(directory.path, 'locks');
    mkdirSync(locks);
    chmodSync(locks, 0o1777);
    writeFileSync(lockPath(locks, 'a'), '');
    chmodSync(lockPath(locks, 'a'), 0o644);
    closeSync(openLockFile({ directory: locks, name: 'a', mode: 0o600 }));
    assert.deepEqual([modeOf(lockPath(locks, 'a')), modeOf(locks)], [0o600, 0o1777]);
  });

  it('opens a directory of its own as far as the mode needs, so that a changed configuration holds', () => {
    using directory = temporaryDirectory();
    const locks = join(directory.path, 'locks');
    closeSync(openLockFile({ directory: locks, name: 'a', mode: 0o600 }));
    closeSync(openLockFile({ directory: locks, name: 'a', mode: 0o666 }));
    assert.deepEqual([modeOf(lockPath(locks, 'a')), modeOf(locks)], [0o666, 0o3777]);
  });
});

it('the record of a holder is read by whoever may take the lock, and written by its owner alone', () => {
  assert.deepEqual([0o600, 0o660, 0o666].map(recordMode), [0o600, 0o640, 0o644]);
});

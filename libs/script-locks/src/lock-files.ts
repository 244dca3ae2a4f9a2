import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '@hatchery/daemon';

const lockSuffix = '.lock';
const holderSuffix = '.holder.json';

/** What the kernel writes behind the path of an open file that was deleted (proc_pid_fd(5)). */
export const deletedSuffix = ' (deleted)';

/**
 * The file that the kernel locks. It is never unlinked, and whoever locks it looks whether it still
 * has its name: an unlinked file lets two holders in.
 */
export function lockPath(directory: string, name: string): string {
  return join(directory, `${name}${lockSuffix}`);
}

/** Where the holder says who it is. */
export function holderPath(directory: string, name: string): string {
  return join(directory, `${name}${holderSuffix}`);
}

/**
 * The lock that a file of the directory is; null for what stands beside one. Any other file is a
 * lock of its own name, for others' tools.
 */
export function lockNameOf(file: string): string | null {
  if (file.includes(holderSuffix)) return null;
  return file.endsWith(lockSuffix) ? file.slice(0, -lockSuffix.length) : file;
}

/**
 * Makes the locks directory, as apps/cli/lock/lock_file.py does when it is first, for those
 * accounts that `mode` lets at a lock: they write in it. Where that is everybody, nobody may remove
 * another's file (the sticky bit); where it is a group, files belong to the directory's group. One
 * that is there and ours is opened as far as that needs, and never closed. @throws the system's
 * error
 */
export function makeLocksDirectory(directory: string, mode: number): void {
  const wanted = directoryMode(mode);
  makeDirectories(directory, wanted);
  const { uid, mode: found } = statSync(directory);
  if (uid === process.getuid?.() && (wanted & ~found & 0o777) !== 0)
    chmodSync(directory, (found & 0o7777) | wanted);
}

function directoryMode(mode: number): number {
  const group = (mode & 0o060) === 0 ? 0 : 0o2070;
  const others = (mode & 0o006) === 0 ? 0 : 0o1007;
  return 0o700 | group | others;
}

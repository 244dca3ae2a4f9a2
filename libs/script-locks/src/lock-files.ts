import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '@hatchery/daemon';

const lockSuffix = '.lock';
const holderSuffix = '.holder.json';

/** The kernel appends this to the path of an open file that was deleted (proc_pid_fd(5)). */
export const deletedSuffix = ' (deleted)';

/**
 * The file that the kernel locks. Never unlink it: an unlinked file lets two holders in. A process
 * that locks it checks that the file still has its name.
 */
export function lockPath(directory: string, name: string): string {
  return join(directory, `${name}${lockSuffix}`);
}

/** The holder's record beside the lock's file. */
export function holderPath(directory: string, name: string): string {
  return join(directory, `${name}${holderSuffix}`);
}

/**
 * The name of the lock whose file this is; null for a file beside one. Any other file is a lock
 * with the file's name, for other tools.
 */
export function lockNameOf(file: string): string | null {
  if (file.includes(holderSuffix)) return null;
  return file.endsWith(lockSuffix) ? file.slice(0, -lockSuffix.length) : file;
}

/**
 * Makes the locks directory, as apps/cli/lock/lock_file.py does when it runs first, so that the
 * accounts which `mode` lets use a lock can write in it. If that is everybody, nobody may remove
 * another user's file (the sticky bit); if it is a group, files belong to the directory's group. If
 * the directory exists and is ours, it gets the missing permissions but never loses one. @throws
 * the system's error
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

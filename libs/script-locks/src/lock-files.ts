import { chmodSync, constants, fchmodSync, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '@hatchery/daemon';

const lockSuffix = '.lock';
const holderSuffix = '.holder.json';

/** The longest name of a lock: with what stands beside its file it stays below the 255 bytes of a file's name. */
export const lockNameCharactersMax = 64;

/** Whether this can name a lock: it becomes a file's name, so no slash and no dot in front. */
export function isLockName(name: string): boolean {
  return name.length <= lockNameCharactersMax && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
}

/** The file that the kernel locks. It is never unlinked: an unlinked file lets two holders in, one on the old and one on a new file. */
export function lockPath(directory: string, name: string): string {
  return join(directory, `${name}${lockSuffix}`);
}

/** Where the holder says who it is. */
export function holderPath(directory: string, name: string): string {
  return join(directory, `${name}${holderSuffix}`);
}

/** The lock that a file of the directory is; null for what stands beside one. Any other file is a lock of its own name, for others' tools. */
export function lockNameOf(file: string): string | null {
  if (file.includes(holderSuffix)) return null;
  return file.endsWith(lockSuffix) ? file.slice(0, -lockSuffix.length) : file;
}

/** A lock by where its file is and who may have it. */
export interface LockFile {
  readonly directory: string;
  readonly name: string;
  /** Of the file. flock(2) needs no more than a descriptor, so whoever may read the file may hold the lock. */
  readonly mode: number;
}

/**
 * Makes the locks directory for those accounts that `mode` lets at a lock: they write in it. Where that is everybody, nobody may
 * remove another's file (the sticky bit); where it is a group, files belong to the directory's group. One that is there and ours
 * is opened as far as that needs, and never closed. @throws the system's error
 */
export function makeLocksDirectory(directory: string, mode: number): void {
  const wanted = directoryMode(mode);
  makeDirectories(directory, wanted);
  const { uid, mode: found } = statSync(directory);
  if (uid === process.getuid?.() && (wanted & ~found & 0o777) !== 0) chmodSync(directory, (found & 0o7777) | wanted);
}

function directoryMode(mode: number): number {
  const group = (mode & 0o060) === 0 ? 0 : 0o2070;
  const others = (mode & 0o006) === 0 ? 0 : 0o1007;
  return 0o700 | group | others;
}

/** The mode of a holder's record: whoever may take the lock reads it, and only its owner writes it. */
export function recordMode(mode: number): number {
  return mode & 0o644;
}

/**
 * Opens the file of a lock, and makes it and its directory when they are missing. Its mode is `mode` exactly, whatever the
 * umask, and also when it was made otherwise before. @throws the system's error
 */
export function openLockFile({ directory, name, mode }: LockFile): number {
  const path = lockPath(directory, name);
  makeLocksDirectory(directory, mode);
  // No symlink is followed: in a shared directory it could lead to whatever only we may open or make.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
  // First without O_CREAT: in a sticky directory the kernel refuses it for another user's file (fs.protected_regular).
  const descriptor = tryOpen(path, flags) ?? openSync(path, flags | constants.O_CREAT, mode);
  const { uid, mode: found } = fstatSync(descriptor);
  if (uid === process.getuid?.() && (found & 0o7777) !== mode) fchmodSync(descriptor, mode);
  return descriptor;
}

function tryOpen(path: string, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

import { constants, openSync } from 'node:fs';
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

/** Opens the file of a lock, and makes it and its directory when they are missing. @throws the system's error */
export function openLockFile(directory: string, name: string): number {
  const path = lockPath(directory, name);
  makeDirectories(directory);
  // No symlink is followed: in a shared directory it could lead to whatever only we may open or make.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
  // First without O_CREAT: in a sticky directory the kernel refuses it for another user's file (fs.protected_regular).
  return tryOpen(path, flags) ?? openSync(path, flags | constants.O_CREAT, 0o666);
}

function tryOpen(path: string, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

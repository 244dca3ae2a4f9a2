import { closeSync, constants, fchmodSync, fchownSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from './make-directories.ts';

/**
 * Gives an open file of `path` to whom its directory belongs to. A command that root runs makes
 * files for the service's user, who could not read them otherwise; for anybody else nothing
 * changes. @throws the system's error
 */
export function giveToOwnerAbove(descriptor: number, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  fchownSync(descriptor, uid, gid);
}

/**
 * Makes a directory of exactly this mode that belongs to whom the one above it belongs to, unless
 * it is there. @throws the system's error
 */
export function makeOwnedDirectory(path: string, mode: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeDirectories(path, mode);
  const descriptor = openSync(
    path,
    constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
  );
  try {
    giveToOwnerAbove(descriptor, path);
    fchmodSync(descriptor, mode | (statSync(path).mode & 0o2000));
  } finally {
    closeSync(descriptor);
  }
}

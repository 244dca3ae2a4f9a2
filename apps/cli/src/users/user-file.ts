import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import { join } from 'node:path';
import { giveToOwnerAbove, makeOwnedDirectory, modes, openFile } from '@hatchery/daemon';

/** The names of a user's files. */
export type UserFileName = 'authorized_keys' | 'teams';

/** What the gateway reads of such a file: more is no list of keys. */
const userFileBytesMax = 1024 * 1024;

/** A file of one user; null when there is none. Never waits, whatever has its name. @throws an Error that names the file and says what to do */
export function readUserFile(usersDirectory: string, name: string, file: UserFileName): Buffer | null {
  const path = join(usersDirectory, name, file);
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (isMissing(error)) return null;
    throw new Error(`cannot read ${path}: ${whyUnread(error, 'a directory')}`, { cause: error });
  }
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw new Error('it is a directory; move it away');
    if (!stat.isFile()) throw new Error('it is not a file; move it away');
    if (stat.size > userFileBytesMax) throw new Error(`it is longer than ${userFileBytesMax} bytes; shorten it`);
    return readFileSync(descriptor);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${whyUnread(error, 'a directory')}`, { cause: error });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Replaces a file of one user whole: whoever signs in meanwhile reads the one or the other. It, and directories that are missing, belong to
 * whom the directory above belongs to, and the caller's umask takes nothing away: root's would keep them from the service's user.
 * @throws an Error that names the file and says what to do
 */
export function writeUserFile(usersDirectory: string, name: string, file: UserFileName, text: string): void {
  const path = join(usersDirectory, name, file);
  const scratch = `${path}.new.${process.pid}`;
  try {
    makeOwnedDirectory(usersDirectory, modes.usersDirectory);
    makeOwnedDirectory(join(usersDirectory, name), modes.usersDirectory);
    rmSync(scratch, { force: true });
    // Not through a link that somebody has put there.
    const descriptor = openFile(scratch, 'wx', modes.userFile);
    try {
      giveToOwnerAbove(descriptor, path);
      writeFileSync(descriptor, text, { flush: true });
    } finally {
      closeSync(descriptor);
    }
    renameSync(scratch, path);
  } catch (error) {
    rmSync(scratch, { force: true });
    throw new Error(`cannot write ${path}: ${whyUnread(error, 'a file')}`, { cause: error });
  }
}

/** What stands in the directory of users; nothing when there is none. @throws an Error that names it and says what to do */
export function entriesOf(usersDirectory: string): Dirent[] {
  try {
    return readdirSync(usersDirectory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`cannot read ssh.users_dir ${usersDirectory}: ${whyUnread(error, 'no directory')}`, {
      cause: error,
    });
  }
}

/** ENOTDIR: what has the name of a user is a file. */
function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function whyUnread(error: unknown, what: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST') return `it is ${what}; move it away`;
  if (code === 'EACCES') return `uid ${process.getuid?.() ?? '?'} may not; chown or chmod it`;
  if (code === 'ELOOP') return 'its symbolic links go round in a circle; move it away';
  return message;
}

/** Whether anything has that name, a link to nothing included. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

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
  statSync,
  writeFileSync,
  type Dirent,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { giveToOwnerAbove, makeOwnedDirectory, modes, openFile } from '@hatchery/daemon';
import {
  linkToNothing,
  objectionToFile,
  objectionToUserDirectory,
  userFileBytesMax,
  whyUnreadable,
} from '@hatchery/ssh-keys';

/** The names of a user's files. */
export type UserFileName = 'authorized_keys' | 'teams';

/**
 * A file of one user; null when there is none. Never waits, whatever kind of file it is. @throws an
 * Error that names the file and says what to do
 */
export function readUserFile(
  usersDirectory: string,
  name: string,
  file: UserFileName,
): Buffer | null {
  requireUserDirectory(usersDirectory, name);
  const path = join(usersDirectory, name, file);
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isThere(path)) return null;
    const reason = code === 'ENOENT' ? linkToNothing : whyUnreadable(code);
    throw new Error(`cannot read ${path}: ${reason}`, { cause: error });
  }
  try {
    const objection = objectionToFile(fstatSync(descriptor), userFileBytesMax);
    if (objection === null) return readFileSync(descriptor);
    throw new Error(`cannot read ${path}: ${objection}`);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * @throws an Error that names an entry that has the user's name and cannot hold their files; not
 * when there is none
 */
function requireUserDirectory(usersDirectory: string, name: string): void {
  const path = join(usersDirectory, name);
  if (!isThere(path)) return;
  const objection = objectionToUserDirectory(statOf(path));
  if (objection !== null) throw new Error(`${path} cannot hold the files of a user: ${objection}`);
}

/** What a name leads to; the code of the error when it leads nowhere. */
function statOf(path: string): Stats | { readonly code: string } {
  try {
    return statSync(path);
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'EIO' };
  }
}

/**
 * Replaces a file of one user as a whole: a sign-in meanwhile reads the old or the new one. The
 * file, and directories created for it, get the owner of the directory above. The caller's umask is
 * ignored: root's would make them unreadable for the service's user.
 * @throws an Error that names the file and says what to do
 */
export function writeUserFile(
  usersDirectory: string,
  name: string,
  file: UserFileName,
  text: string,
): void {
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

/**
 * The entries of the directory of users, with names as bytes; nothing when there is none. @throws
 * an Error that names it and says what to do
 */
export function entriesOf(usersDirectory: string): Dirent<Buffer>[] {
  try {
    return readdirSync(usersDirectory, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(
      `cannot read ssh.users_dir ${usersDirectory}: ${whyUnread(error, 'no directory')}`,
      {
        cause: error,
      },
    );
  }
}

function whyUnread(error: unknown, what: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST')
    return `it is ${what}; move it away`;
  if (code === 'EACCES') return `uid ${process.getuid?.() ?? '?'} may not; chown or chmod it`;
  if (code === 'ELOOP') return 'its symbolic links go round in a circle; move it away';
  return message;
}

/** Whether anything has that name, including a link to nothing. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

import { readdirSync, readFileSync, type Dirent } from 'node:fs';
import { join } from 'node:path';

/** A file of one user; null when there is none. @throws an Error that names the file and says what to do */
export function readUserFile(usersDirectory: string, name: string, file: 'authorized_keys' | 'teams'): string | null {
  const path = join(usersDirectory, name, file);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw new Error(`cannot read ${path}: ${whyUnread(error, 'a directory')}`, { cause: error });
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
  if (code === 'EISDIR' || code === 'ENOTDIR') return `it is ${what}; move it away`;
  if (code === 'EACCES') return `uid ${process.getuid?.() ?? '?'} may not; chown or chmod it`;
  return message;
}

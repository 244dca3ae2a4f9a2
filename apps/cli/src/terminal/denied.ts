import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { accountName } from '@hatchery/script-locks';

/**
 * What a person reads of an error that ended a command. Where the system only says that this user
 * may not, it is the place and who may; of any other error it is its message.
 */
export function messageOf(error: unknown): string {
  const { code, message, path } = error as NodeJS.ErrnoException;
  const isBare =
    (code === 'EACCES' || code === 'EPERM') && path !== undefined && message.startsWith(code);
  if (!isBare) return message;
  const owner = otherOwnerOf(path);
  const mend =
    owner === null
      ? 'see to its mode (ls -ld and lsattr show it)'
      : `run it with sudo, or as ${owner}`;
  return `${path} is not for uid ${process.geteuid?.() ?? '?'} (${code}); ${mend}`;
}

/**
 * The user that a place belongs to, or the nearest place above it that is not this user's own; null
 * when all are this user's.
 */
export function otherOwnerOf(path: string): string | null {
  const uid = uidOf(path);
  if (uid !== null && uid !== process.geteuid?.()) return accountName(uid);
  return dirname(path) === path ? null : otherOwnerOf(dirname(path));
}

/** Null where it cannot be told. */
function uidOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null;
  }
}

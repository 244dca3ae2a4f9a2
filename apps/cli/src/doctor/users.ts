import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@hatchery/config';
import { usersIn } from '../users/list.ts';
import type { Check } from './check.ts';

/** The files of each user, by the reader of the gateway; a line for all who are well. */
export function checkUsers({ ssh, stateDirectory }: Config): Check[] {
  if (ssh.keyLookup.source !== 'files') return [];
  const owner = statSync(stateDirectory, { throwIfNoEntry: false })?.uid ?? 0;
  const checks: Check[] = [];
  try {
    const users = usersIn(ssh.usersDirectory, (line) => checks.push({ what: 'keys of users', trouble: line }));
    for (const { name, trouble } of users) {
      const why = trouble ?? unreadableTo(owner, join(ssh.usersDirectory, name));
      if (why !== null) checks.push({ what: `user ${name}`, trouble: why });
    }
    return checks.length > 0
      ? checks
      : [{ what: `files of ${users.length} user${users.length === 1 ? '' : 's'}`, trouble: null }];
  } catch {
    // The check of the directory tells of it.
    return [];
  }
}

/** Root reads everything: whether the service's user does, who keeps the state, the modes say. */
function unreadableTo(uid: number, directory: string): string | null {
  if (uid === 0 || process.getuid?.() !== 0) return null;
  const paths = [directory, join(directory, 'authorized_keys'), join(directory, 'teams')];
  const isClosed = (path: string): boolean => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && stat.uid !== uid && (stat.mode & 0o044) === 0;
  };
  const closed = paths.find(isClosed);
  return closed === undefined ? null : `uid ${uid} of the service may not read ${closed}; chown -R ${uid} ${directory}`;
}

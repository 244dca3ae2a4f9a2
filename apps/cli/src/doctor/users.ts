import type { Config } from '@hatchery/config';
import { usersIn } from '../users/list.ts';
import type { Check } from './check.ts';

/** The files of each user, by the reader of the gateway; a line for all who are well. */
export function checkUsers(config: Config): Check[] {
  if (config.ssh.keyLookup.source !== 'files') return [];
  const checks: Check[] = [];
  try {
    const users = usersIn(config, (line) => checks.push({ what: 'files of users', trouble: line }));
    for (const { name, trouble } of users)
      if (trouble !== null) checks.push({ what: `user ${name}`, trouble });
    return checks.length > 0
      ? checks
      : [{ what: `files of ${users.length} user${users.length === 1 ? '' : 's'}`, trouble: null }];
  } catch {
    // The check of the directory tells of it.
    return [];
  }
}

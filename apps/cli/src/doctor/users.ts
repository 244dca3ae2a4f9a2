import type { Config } from '@hatchery/config';
import { usersIn } from '../users/list.ts';
import type { Check } from './check.ts';

/**
 * The files of each user, read by the gateway's parser; one line for all users without a trouble.
 */
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
    // The check of the directory reports it.
    return [];
  }
}

import { accessSync, constants, statSync } from 'node:fs';
import type { Config } from '@hatchery/config';
import { accountName } from '@hatchery/script-locks';
import { otherOwnerOf } from '../terminal/denied.ts';
import { readService } from '../service/service-process.ts';
import type { Check } from './check.ts';

/**
 * The user who owns this service, when another user asks: the running service is theirs, or others
 * cannot read their state directory. Null otherwise. If everybody may list a directory, an
 * administrator made it for the asking user and forgot to change its owner.
 */
export function otherServiceUser(config: Config): string | null {
  if (process.geteuid?.() === 0) return null;
  const service = readService(config);
  try {
    if (service !== null) {
      const { uid } = statSync(`/proc/${service.pid}`);
      return uid === process.geteuid?.() ? null : accountName(uid);
    }
    accessSync(config.stateDirectory, constants.R_OK | constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
      ? otherOwnerOf(config.stateDirectory)
      : null;
  }
}

/**
 * The checks as another user than the service's can report them: what this user may not read is
 * unknown and no trouble, in one line. Its owner may read it, so every remedy would be wrong.
 */
export function withoutHidden(checks: readonly Check[], serviceUser: string | null): Check[] {
  if (serviceUser === null) return [...checks];
  const hidden = checks.filter(isHidden);
  if (hidden.length === 0) return [...checks];
  const what = hidden.map((check) => check.what).join(', ');
  const why = `cannot be looked at as uid ${process.geteuid?.() ?? '?'}; run doctor as the service's user (${serviceUser})`;
  return [...checks.filter((check) => !isHidden(check)), { what, trouble: null, unknown: why }];
}

/** Every check names the system's EACCES, or says this of records and sockets. */
function isHidden({ trouble }: Check): boolean {
  return trouble !== null && /\bEACCES\b|\bnot for this user\b/.test(trouble);
}

import { confinementOf, descriptorNeed, findSessionUser } from '@hatchery/daemon';
import type { Config } from '@hatchery/config';
import type { Check } from './check.ts';

/** What the system allows a process of ours, compared with what the configured limits may need. */
export function checkLimits(config: Config): Check[] {
  return checkLimitsIn(undefined, config.forker.childrenMax);
}

/**
 * The confinement that sessions lack here. A start does not fail for it, so it is no trouble, but
 * an operator should know.
 */
export function checkConfinement(config: Config): Check {
  try {
    const { user, lacks } = confinementOf(findSessionUser(config));
    const who = user === null ? '' : ` as ${user}`;
    return {
      what: `sessions run confined${who}${lacks.map((lack) => `; they lack ${lack}`).join('')}`,
      trouble: null,
    };
  } catch (error) {
    return { what: 'the account of sessions', trouble: (error as Error).message };
  }
}

/** `limits` is the text of /proc/PID/limits; without it, our own. */
export function checkLimitsIn(limits: string | undefined, childrenMax: number): Check[] {
  const { allowed, needed, trouble } = descriptorNeed(childrenMax, limits);
  return [
    { what: `open files (${allowed} allowed, ${needed} for ${childrenMax} sessions)`, trouble },
  ];
}

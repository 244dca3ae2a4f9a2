import { confinementOf, descriptorNeed, findSessionUser } from '@hatchery/daemon';
import type { Config } from '@hatchery/config';
import type { Check } from './check.ts';

/** What the system lets a process of ours have, against what the configured limits may come to. */
export function checkLimits(config: Config): Check[] {
  return checkLimitsIn(undefined, config.forker.childrenMax);
}

/**
 * What sessions are not held in by here. No start fails for it, so it is no trouble, but an
 * operator should know.
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

/** `limits` is the text of /proc/PID/limits; our own without it. */
export function checkLimitsIn(limits: string | undefined, childrenMax: number): Check[] {
  const { allowed, needed, trouble } = descriptorNeed(childrenMax, limits);
  return [
    { what: `open files (${allowed} allowed, ${needed} for ${childrenMax} sessions)`, trouble },
  ];
}

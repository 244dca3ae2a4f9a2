import type { ZygoteHealth } from '@hatchery/events';

/** In one line: where it failed, why, how often, and when it is tried again. */
export function describeTrouble({ pid, trouble }: ZygoteHealth): string | null {
  if (trouble === null) return null;
  const { step, message, attempts, nextTryAt } = trouble;
  const tried = `tried ${attempts === 1 ? 'once' : `${attempts} times`}, next at ${nextTryAt}`;
  const which = pid === null ? 'it failed' : 'a newer one failed';
  return `${which} while ${step}: ${message} (${tried})`;
}

import { onOneLine } from '@hatchery/display';
import { unsaidReason } from '@hatchery/events';
import { drainReasonCharactersMax } from './limits.ts';

/**
 * The reason of a drain as users read it, on one line and cut; null of a request that gives none,
 * or {@link unsaidReason}.
 */
export function readDrainReason(reason: unknown): string | null {
  if (typeof reason !== 'string') return null;
  const line = onOneLine(reason);
  if (line === '' || line === unsaidReason) return null;
  return line.length <= drainReasonCharactersMax
    ? line
    : `${line.slice(0, drainReasonCharactersMax - 1)}…`;
}

/**
 * What a user reads who is refused during a drain, whichever part refuses. `reason` is the
 * operator's, null when there is none.
 */
export function drainLine(what: 'connection' | 'session', reason: string | null): string {
  return withDrainReason(
    [`the service is being drained and takes no new ${what}`, '; try again in a minute'],
    reason,
  );
}

/**
 * Puts the reason of a drain into what users read; `line` has two parts, and the reason goes
 * between them.
 */
export function withDrainReason(
  [what, then]: readonly [string, string],
  reason: string | null,
): string {
  return reason === null ? `${what}${then}` : `${what}: ${reason}${then}`;
}

import { readFileSync } from 'node:fs';
import { StartError } from './start-error.ts';

/**
 * Descriptors of a session in the gateway: the client's socket, three FIFOs, and the connection to
 * the fork service. The fork service has fewer.
 */
const perSession = 5;

/** What a part needs for itself, and for clients that have not signed in. */
const ownMax = 128;

/** How many descriptors this process may have, and how many the configured sessions may come to. */
export interface DescriptorNeed {
  readonly allowed: number;
  readonly needed: number;
  /** What to do when that is too few; null when it is not. */
  readonly trouble: string | null;
}

/**
 * `limits` is the text of /proc/PID/limits (proc(5)). Node raises its soft limits to the hard ones
 * by itself, so it is these that count.
 */
export function descriptorNeed(
  sessionsMax: number,
  limits: string = readFileSync('/proc/self/limits', 'utf8'),
): DescriptorNeed {
  const line = limits.split('\n').find((one) => one.startsWith('Max open files')) ?? '';
  const [hard = ''] = line.split(/\s+/).slice(4);
  const allowed = hard === 'unlimited' ? Infinity : Number(hard);
  const needed = ownMax + perSession * sessionsMax;
  const mend = 'raise it (ulimit -Hn, LimitNOFILE= of a unit) or lower max_children under [forker]';
  return { allowed, needed, trouble: allowed < needed ? mend : null };
}

/** @throws {StartError} when the configured sessions cannot all be served */
export function proveDescriptors(sessionsMax: number): void {
  const { allowed, needed, trouble } = descriptorNeed(sessionsMax);
  if (trouble === null) return;
  throw new StartError(
    `${allowed} open files are allowed and ${sessionsMax} sessions need ${needed}: ${trouble}`,
  );
}

import type { LockParty } from '@hatchery/events';
import { unknown } from '../parts/quantity.ts';

/** A holder or waiter in a few words, such as `anna, pid 4711`. */
export function partyText(party: LockParty | null): string {
  if (party === null) return unknown;
  const { user, pid } = party;
  return [user ?? 'somebody', ...(pid === null ? [] : [`pid ${pid}`])].join(', ');
}

/** Waiters that are named; the details of the lock list all of them. */
const namedMax = 2;

/** How many wait and who, such as `3: anna, bo, +1`. */
export function waitingText(waiters: readonly LockParty[]): string {
  if (waiters.length === 0) return 'nobody';
  const names = waiters.slice(0, namedMax).map(({ user }) => user ?? 'somebody');
  const rest = waiters.length - names.length;
  return `${waiters.length}: ${[...names, ...(rest > 0 ? [`+${rest}`] : [])].join(', ')}`;
}

import type { LockParty } from '@hatchery/events';
import { unknown } from '../parts/quantity.ts';

/** A holder or waiter in a few words, as `anna, pid 4711`. */
export function partyText(party: LockParty | null): string {
  if (party === null) return unknown;
  const { user, pid } = party;
  return [user ?? 'somebody', ...(pid === null ? [] : [`pid ${pid}`])].join(', ');
}

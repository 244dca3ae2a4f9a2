import type { Lock, LockParty } from '@hatchery/events';

/**
 * Finds the job that a party belongs to. A session is a job; so is a process that holds a lock,
 * together with all processes below it: a script's child that waits for a second lock does so on
 * behalf of the script that holds the first.
 */
export function jobsOf(locks: readonly Lock[]): (party: LockParty | null, lock: Lock) => string {
  const holders = new Set(locks.flatMap(({ holder }) => (holder === null ? [] : keyOf(holder))));
  return (party, lock) => {
    // An unknown party counts as different from every other.
    if (party === null || (party.childId === null && party.pid === null))
      return `unknown holder of ${lock.id}`;
    // The outermost holder above it stands for the whole job.
    const above = (party.ancestors ?? []).map((pid) => keyOf({ ...party, childId: null, pid }));
    return above.findLast((job) => holders.has(job)) ?? keyOf(party);
  };
}

function keyOf({ childId, host, pid }: LockParty): string {
  return childId === null ? `process ${pid} of ${host}` : `session ${childId}`;
}

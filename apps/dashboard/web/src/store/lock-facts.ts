import type { Lock, LockParty, View } from '@hatchery/events';
import type { BlockingLock } from '@hatchery/locks';

/** The locks of a view, oldest first, without waiters that have ended. */
export function locksOf({ locks, children }: View): readonly Lock[] {
  const alive = ({ childId }: LockParty): boolean =>
    childId === null || Object.hasOwn(children, childId);
  return Object.values(locks)
    .map((lock) =>
      lock.waiters.every(alive) ? lock : { ...lock, waiters: lock.waiters.filter(alive) },
    )
    .sort((left, right) => sinceOf(left) - sinceOf(right) || left.id.localeCompare(right.id));
}

/** What one child holds and waits for. */
export interface ChildLocks {
  readonly holds: readonly Lock[];
  readonly awaits: readonly Lock[];
}

export function locksByChild(locks: readonly Lock[]): ReadonlyMap<string, ChildLocks> {
  const found = new Map<string, { holds: Lock[]; awaits: Lock[] }>();
  const of = (id: string): { holds: Lock[]; awaits: Lock[] } => {
    const known = found.get(id) ?? { holds: [], awaits: [] };
    found.set(id, known);
    return known;
  };
  for (const lock of locks) {
    if (lock.holder?.childId) of(lock.holder.childId).holds.push(lock);
    for (const { childId } of lock.waiters) if (childId !== null) of(childId).awaits.push(lock);
  }
  return found;
}

/** When the longest wait behind these locks started, or null when unknown. */
export function oldestWait(blocks: readonly BlockingLock[]): string | null {
  const instants = blocks.flatMap(({ waiters }) =>
    waiters.flatMap((waiter) => [waiter.party?.since ?? null, oldestWait(waiter.blocks)]),
  );
  return instants.filter((each) => each !== null).toSorted()[0] ?? null;
}

/** Whether a session waits behind these locks, and not only scripts, which wait on purpose. */
export function blocksSession(blocks: readonly BlockingLock[]): boolean {
  return blocks.some(({ waiters }) =>
    waiters.some(
      ({ party, blocks: behind }) => (party?.childId ?? null) !== null || blocksSession(behind),
    ),
  );
}

/**
 * What the fork service found when it checked whether a lock was left behind. Null when it could
 * not decide.
 */
export interface Finding {
  readonly text: string;
  readonly speaksForIt: boolean | null;
}

/** The reasons of a condition. The last one decides; it rests on those before it. */
export function findingsOf({ condition, reasons = [] }: Lock): readonly Finding[] {
  const verdict = condition === 'unknown' ? null : condition !== 'held';
  return reasons.map((text, index) => ({
    text,
    speaksForIt: index === reasons.length - 1 ? verdict : true,
  }));
}

function sinceOf({ holder }: Lock): number {
  const at = Date.parse(holder?.since ?? '');
  return Number.isNaN(at) ? Number.MAX_SAFE_INTEGER : at;
}

import type { Lock, LockParty, View } from '@hatchery/events';

/** A holder or waiter, and what stands behind it: the parties that wait for a lock it holds. */
export interface WaitNode {
  readonly name: string;
  readonly party: LockParty;
  /** The lock this party waits for; null at the root. */
  readonly awaits: Lock | null;
  readonly blocked: readonly WaitBranch[];
  /** This party stands further up as well: each waits for the other. */
  readonly circular: boolean;
}

/** A lock that is held, and who waits for it. */
export interface WaitBranch {
  readonly lock: Lock;
  readonly waiters: readonly WaitNode[];
}

/** Names one holder or waiter: a child by its id, anybody else by where they run. */
function partyName({ childId, host, pid, user }: LockParty): string {
  return childId ?? `${user ?? '?'}@${host ?? '?'}:${pid ?? '?'}`;
}

/** The locks of a view, oldest first, without those who cannot wait any more because they have ended. */
export function locksOf({ locks, children }: View): readonly Lock[] {
  const alive = ({ childId }: LockParty): boolean => childId === null || Object.hasOwn(children, childId);
  return Object.values(locks)
    .map((lock) => (lock.waiters.every(alive) ? lock : { ...lock, waiters: lock.waiters.filter(alive) }))
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

/**
 * Who keeps others waiting and waits for nobody: ending one of these frees all below it. Where all wait in a circle the
 * first of them is the root, and says so further down.
 */
export function waitTrees(locks: readonly Lock[]): readonly WaitNode[] {
  const contended = locks.filter(({ waiters }) => waiters.length > 0);
  const waiting = new Set(contended.flatMap(({ waiters }) => waiters.map(partyName)));
  const placed = new Set<string>();
  const plant = (lock: Lock): WaitNode[] => {
    const party = lock.holder ?? nobody;
    const name = lock.holder === null ? `holder of ${lock.id}` : partyName(lock.holder);
    if (placed.has(name)) return [];
    return [grow(name, party, null, contended, [], placed)];
  };
  const roots = contended.filter(({ holder }) => holder === null || !waiting.has(partyName(holder)));
  return [...roots.flatMap(plant), ...contended.flatMap(plant)];
}

const nobody: LockParty = { childId: null, pid: null, user: null, host: null, command: null, since: null };

function grow(
  name: string,
  party: LockParty,
  awaits: Lock | null,
  contended: readonly Lock[],
  above: readonly string[],
  placed: Set<string>,
): WaitNode {
  placed.add(name);
  if (above.includes(name)) return { name, party, awaits, blocked: [], circular: true };
  const held = contended.filter(({ id, holder }) => (holder === null ? `holder of ${id}` : partyName(holder)) === name);
  const path = [...above, name];
  const blocked = held.map((lock) => ({
    lock,
    waiters: lock.waiters.map((waiter) => grow(partyName(waiter), waiter, lock, contended, path, placed)),
  }));
  return { name, party, awaits, blocked, circular: false };
}

/** How many parties stand behind this one, at any depth. */
export function blockedCount({ blocked }: WaitNode): number {
  return blocked.reduce(
    (sum, { waiters }) => sum + waiters.reduce((inner, waiter) => inner + 1 + blockedCount(waiter), 0),
    0,
  );
}

/** Since when the longest wait below this party lasts, or null when nobody knows. */
export function oldestWait({ blocked }: WaitNode): string | null {
  const instants = blocked.flatMap(({ waiters }) =>
    waiters.flatMap((waiter) => [waiter.party.since, oldestWait(waiter)]),
  );
  return instants.filter((each) => each !== null).sort()[0] ?? null;
}

/** One of the tests that make a lock stale; null when this page cannot know. */
export interface StaleTest {
  readonly name: string;
  readonly passed: boolean | null;
}

/**
 * What speaks for a lock being left behind, as Breezy's own test goes: a holder of this very host, under a name that is
 * no other machine's, of the same user, whose process is gone.
 */
export function staleTests(
  lock: Lock,
  here: string | null,
  isLiving: (childId: string) => boolean,
): readonly StaleTest[] {
  const { holder, condition } = lock;
  const stale = condition === 'stale';
  const { childId = null, host = null } = holder ?? {};
  const lives = childId !== null && isLiving(childId);
  return [
    { name: 'same host', passed: stale || (host === null || here === null ? null : host === here) },
    { name: 'not “localhost”', passed: stale || (host === null ? null : host !== 'localhost') },
    { name: 'same user', passed: stale || null },
    { name: 'process gone', passed: stale || condition === 'orphaned' || (lives ? false : null) },
  ];
}

function sinceOf({ holder }: Lock): number {
  const at = Date.parse(holder?.since ?? '');
  return Number.isNaN(at) ? Number.MAX_SAFE_INTEGER : at;
}

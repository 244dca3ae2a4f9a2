import type { Lock, LockParty } from '@hatchery/events';
import { findCycles } from './find-cycles.ts';
import { jobsOf } from './jobs.ts';

/** A lock with waiters, and its waiters. */
export interface BlockingLock {
  readonly lock: Lock;
  readonly waiters: readonly WaitNode[];
}

/** A party, and the locks by which it blocks others. */
export interface WaitNode {
  /** Null when the holder of the lock is unknown. */
  readonly party: LockParty | null;
  readonly blocks: readonly BlockingLock[];
}

/**
 * One step of a deadlock: the party waits for a lock of the next step's party; the last one for a
 * lock of the first.
 */
export interface DeadlockStep {
  readonly party: LockParty;
  readonly waitsFor: Lock;
}

/**
 * A deadlock: none of its parties can continue until one of them is ended. `behind` waits for them
 * without being part of it.
 */
export interface Deadlock {
  readonly steps: readonly DeadlockStep[];
  readonly behind: readonly BlockingLock[];
}

/** Which parties block which. */
export interface WaitForest {
  /**
   * Parties that block others and wait for nobody, those with the most waiters behind them first:
   * ending one of them helps.
   */
  readonly roots: readonly WaitNode[];
  readonly deadlocks: readonly Deadlock[];
}

/** The wait forest of these locks. A script and the processes below it count as one. */
export function waitForest(locks: readonly Lock[]): WaitForest {
  const jobOf = jobsOf(locks);
  const contended = locks.filter(({ waiters }) => waiters.length > 0);
  const heldBy = Map.groupBy(contended, (lock) => jobOf(lock.holder, lock));
  const waitsFor = new Map<string, Lock[]>();
  for (const lock of contended) {
    for (const waiter of lock.waiters) {
      const job = jobOf(waiter, lock);
      waitsFor.set(job, [...(waitsFor.get(job) ?? []), lock]);
    }
  }

  const nodeOf = (party: LockParty | null, job: string, above: ReadonlySet<string>): WaitNode => ({
    party,
    // A party that waits for one of its own waiters belongs to a deadlock, and is shown there.
    blocks: above.has(job) ? [] : blocksOf(job, new Set([...above, job])),
  });
  const blocksOf = (job: string, above: ReadonlySet<string>): BlockingLock[] =>
    (heldBy.get(job) ?? []).map((lock) => ({
      lock,
      waiters: lock.waiters.map((waiter) => nodeOf(waiter, jobOf(waiter, lock), above)),
    }));

  const roots = [...heldBy]
    .filter(([job]) => !waitsFor.has(job))
    .map(([job, [first]]) => nodeOf(first?.holder ?? null, job, new Set()));
  const next = (job: string): string[] =>
    (waitsFor.get(job) ?? []).map((lock) => jobOf(lock.holder, lock));
  const deadlocks = findCycles([...waitsFor.keys()], next).map((cycle): Deadlock => {
    const members = new Set(cycle);
    const steps = cycle.map((job, index) => {
      const holder = cycle[(index + 1) % cycle.length];
      return stepOf(
        job,
        (waitsFor.get(job) ?? []).filter((lock) => jobOf(lock.holder, lock) === holder),
      );
    });
    const behind = [...members]
      .flatMap((job) => blocksOf(job, members))
      .flatMap((block) => outside(block));
    return { steps, behind };

    function stepOf(job: string, [lock]: readonly Lock[]): DeadlockStep {
      const party = lock?.waiters.find((waiter) => jobOf(waiter, lock) === job);
      if (lock === undefined || party === undefined)
        throw new Error(`${job} waits for nothing, but is in a cycle`);
      return { party, waitsFor: lock };
    }

    function outside({ lock, waiters }: BlockingLock): BlockingLock[] {
      const others = waiters.filter(
        ({ party }) => party === null || !members.has(jobOf(party, lock)),
      );
      return others.length === 0 ? [] : [{ lock, waiters: others }];
    }
  });
  return {
    roots: roots.toSorted((one, other) => countBehind(other) - countBehind(one)),
    deadlocks,
  };
}

/** How many parties wait behind a party, through any number of locks. */
export function countBehind({ blocks }: WaitNode): number {
  return blocks
    .flatMap(({ waiters }) => waiters)
    .reduce((count, waiter) => count + 1 + countBehind(waiter), 0);
}

import type { EventBody, Lock, LockParty } from '@hatchery/events';
import type { Verdict } from './condition.ts';
import type { LockPlace } from './lock-place.ts';

/**
 * A session or process has a lock. `mark` identifies this acquisition: its nonce, or another fact
 * when it has none.
 */
export interface Acquisition {
  readonly place: LockPlace;
  readonly nonce: string | null;
  readonly mark: string;
  readonly holder: LockParty | null;
  readonly verdict: Verdict;
  /**
   * When this was so, in seconds of the clock that all processes of a host share (CLOCK_MONOTONIC).
   */
  readonly atS: number;
  /**
   * A look at the disk knows which acquisition it is; a report may know better who holds it by now.
   */
  readonly source: 'report' | 'look';
}

interface Held {
  readonly lock: Lock;
  readonly mark: string;
  /** When this acquisition was first known to hold it. */
  readonly atS: number;
  /** When its holder last reported it. */
  readonly reportedAtS: number;
}

/**
 * How many marks of released locks to keep: reports of two sessions can overtake each other by a
 * moment.
 */
const goneMarksMax = 10_000;

/**
 * Breezy's locks by place, updated by reports of sessions and by looks at the disk, in any order.
 * Pure: returns the events to publish. Once all reports are in, the published state matches the
 * disk.
 */
export class LockTable {
  readonly #idOf: (path: string, mark: string) => string;
  readonly #held = new Map<string, Held>();
  /** Waiters by place: they also wait for the next holder. */
  readonly #waiting = new Map<string, readonly LockParty[]>();
  readonly #gone = new Set<string>();

  constructor(idOf: (path: string, mark: string) => string) {
    this.#idOf = idOf;
  }

  find(id: string): Lock | undefined {
    return [...this.#held.values()].find(({ lock }) => lock.id === id)?.lock;
  }

  at(path: string): Lock | undefined {
    return this.#held.get(path)?.lock;
  }

  markAt(path: string): string | undefined {
    return this.#held.get(path)?.mark;
  }

  all(): Lock[] {
    return [...this.#held.values()].map(({ lock }) => lock);
  }

  heldBy(childId: string): Lock[] {
    return this.all().filter(({ holder }) => holder?.childId === childId);
  }

  /**
   * Adds a lock that was held according to the last saved state; the next look shows whether it
   * still is.
   */
  restore(lock: Lock): void {
    this.#held.set(lock.path, { lock, mark: lock.nonce ?? '', atS: 0, reportedAtS: -Infinity });
    if (lock.waiters.length > 0) this.#waiting.set(lock.path, lock.waiters);
  }

  /** Records a holder. It replaces the known one, unless that is known to be the later one. */
  acquired({ place, nonce, mark, holder, verdict, atS, source }: Acquisition): EventBody[] {
    const { path } = place;
    if (this.#gone.has(key(path, mark))) return [];
    const reportedAtS = source === 'report' ? atS : -Infinity;
    const before = this.#held.get(path);
    if (before?.mark === mark) {
      if (source === 'report' && before.reportedAtS > atS) return [];
      this.#held.set(path, { ...before, reportedAtS: Math.max(before.reportedAtS, reportedAtS) });
      return this.changed(path, { holder, ...verdict });
    }
    if (before !== undefined && before.atS > atS) {
      this.#rememberGone(key(path, mark));
      return [];
    }
    const events = before === undefined ? [] : this.released(path, before.mark);
    if (holder !== null) this.#forgetWaiter(path, holder);
    const waiters = this.#waiting.get(path) ?? [];
    const lock: Lock = { id: this.#idOf(path, mark), ...place, holder, waiters, nonce, ...verdict };
    this.#held.set(path, { lock, mark, atS, reportedAtS });
    return [...events, { kind: 'lock.acquired', lock }];
  }

  /** Updates facts about a lock. */
  changed(
    path: string,
    change: Partial<Pick<Lock, 'holder' | 'condition' | 'reasons' | 'waiters'>>,
  ): EventBody[] {
    const held = this.#held.get(path);
    if (held === undefined) return [];
    const lock = { ...held.lock, ...change };
    // Both are plain data built in one order of keys.
    if (JSON.stringify(lock) === JSON.stringify(held.lock)) return [];
    this.#held.set(path, { ...held, lock });
    return [{ kind: 'lock.changed', lock }];
  }

  /** Adds a waiter. */
  contended(path: string, waiter: LockParty): EventBody[] {
    const waiters = this.#waiting.get(path) ?? [];
    if (waiters.some((one) => isSame(one, waiter))) return [];
    this.#waiting.set(path, [...waiters, waiter]);
    const held = this.#held.get(path);
    if (held === undefined) return [];
    this.#held.set(path, { ...held, lock: { ...held.lock, waiters: [...waiters, waiter] } });
    return [{ kind: 'lock.contended', id: held.lock.id, waiter }];
  }

  /** Removes a waiter. */
  gaveUp(path: string, waiter: LockParty): EventBody[] {
    if (!this.#forgetWaiter(path, waiter)) return [];
    return this.changed(path, { waiters: this.#waiting.get(path) ?? [] });
  }

  released(path: string, mark: string): EventBody[] {
    const held = this.#end(path, mark);
    return held === null ? [] : [{ kind: 'lock.released', id: held.id }];
  }

  broken(path: string, mark: string, actor: string): EventBody[] {
    const held = this.#end(path, mark);
    return held === null ? [] : [{ kind: 'lock.broken', id: held.id, actor, before: held }];
  }

  /**
   * A session has ended: remove it from all waiters. The disk shows what happened to the locks that
   * it held.
   */
  sessionEnded(childId: string): EventBody[] {
    const places = [...this.#waiting].filter(([, waiters]) =>
      waiters.some((one) => one.childId === childId),
    );
    return places.flatMap(([path, waiters]) => {
      const waiter = waiters.find((one) => one.childId === childId);
      return waiter === undefined ? [] : this.gaveUp(path, waiter);
    });
  }

  #end(path: string, mark: string): Lock | null {
    this.#rememberGone(key(path, mark));
    const held = this.#held.get(path);
    if (held?.mark !== mark) return null;
    this.#held.delete(path);
    return held.lock;
  }

  #rememberGone(gone: string): void {
    this.#gone.add(gone);
    const [oldest] = this.#gone;
    if (this.#gone.size > goneMarksMax && oldest !== undefined) this.#gone.delete(oldest);
  }

  #forgetWaiter(path: string, waiter: LockParty): boolean {
    const waiters = this.#waiting.get(path) ?? [];
    const left = waiters.filter((one) => !isSame(one, waiter));
    if (left.length > 0) this.#waiting.set(path, left);
    else this.#waiting.delete(path);
    return left.length < waiters.length;
  }
}

function key(path: string, mark: string): string {
  return `${path}\0${mark}`;
}

function isSame(one: LockParty, other: LockParty): boolean {
  return one.childId === null || other.childId === null
    ? one.pid === other.pid
    : one.childId === other.childId;
}

import type { Lock } from '@hatchery/events';
import { orphanLookMs } from './limits.ts';

/** What {@link Orphans} needs. Time is a parameter. */
export interface OrphansContext {
  readonly graceMs: number;
  readonly now: () => number;
  /**
   * Whether a session of that user runs that may be the reconnected client. The grace ended
   * `overdueMs` ago: a session that started later came too late.
   */
  readonly mayBeTakenUp: (user: string | null, overdueMs: number) => boolean;
  readonly free: (lock: Lock) => void;
}

interface Waiting {
  readonly lock: Lock;
  readonly dueAt: number;
  /** The same by the wall clock, for people: RFC 3339, null before graces run. */
  readonly graceEndsAt: string | null;
}

/**
 * Locks whose session has ended. Each frees itself after its grace, unless a reconnecting client
 * takes it up.
 */
export class Orphans implements Disposable {
  readonly #context: OrphansContext;
  readonly #waiting = new Map<string, Waiting>();
  #timer: NodeJS.Timeout | null = null;
  #begun = false;

  constructor(context: OrphansContext) {
    this.#context = context;
  }

  /**
   * Lets graces run: from now on a client can come back. Older orphans get their whole grace; they
   * are returned, to be published now.
   */
  begin(): readonly Lock[] {
    this.#begun = true;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    return waiting.map(({ lock }) => this.add(lock));
  }

  /**
   * Starts the grace of a lock, unless it already runs. Returns the lock to publish, with the end
   * of its grace.
   */
  add(lock: Lock): Lock {
    const waiting = this.#waiting.get(lock.id) ?? this.#wait(lock);
    this.#waiting.set(lock.id, waiting);
    this.#timer ??= setInterval(() => this.look(), orphanLookMs).unref();
    const { graceEndsAt: _before, ...told } = lock;
    return waiting.graceEndsAt === null ? told : { ...told, graceEndsAt: waiting.graceEndsAt };
  }

  /** It is not an orphan any more. */
  forget(id: string): void {
    this.#waiting.delete(id);
  }

  /** Frees the orphans whose grace is over. */
  look(): void {
    const { now, mayBeTakenUp, free } = this.#context;
    for (const [id, { lock, dueAt }] of this.#waiting) {
      const overdueMs = now() - dueAt;
      if (overdueMs < 0 || mayBeTakenUp(lock.holder?.user ?? null, overdueMs)) continue;
      this.#waiting.delete(id);
      free(lock);
    }
    if (this.#waiting.size === 0) this[Symbol.dispose]();
  }

  #wait(lock: Lock): Waiting {
    const { graceMs, now } = this.#context;
    if (!this.#begun) return { lock, dueAt: Infinity, graceEndsAt: null };
    return {
      lock,
      dueAt: now() + graceMs,
      graceEndsAt: new Date(Date.now() + graceMs).toISOString(),
    };
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

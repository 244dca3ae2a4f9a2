import type { Lock } from '@hatchery/events';
import { orphanLookMs } from './limits.ts';

/** What {@link Orphans} acts with. Time is a parameter. */
export interface OrphansContext {
  readonly graceMs: number;
  readonly now: () => number;
  /**
   * Whether a session of that user runs that may be the reconnected client on its way. `overdueMs` ago the grace ended: a
   * session that came later came too late.
   */
  readonly mayBeTakenUp: (user: string | null, overdueMs: number) => boolean;
  readonly free: (lock: Lock) => void;
}

/** Locks whose session has ended. Each frees itself after its grace, unless a reconnecting client takes it up. */
export class Orphans implements Disposable {
  readonly #context: OrphansContext;
  readonly #waiting = new Map<string, { readonly lock: Lock; readonly dueAt: number }>();
  #timer: NodeJS.Timeout | null = null;
  #begun = false;

  constructor(context: OrphansContext) {
    this.#context = context;
  }

  /** Lets graces run: from now on a client can come back. Those of orphans from before start whole. */
  begin(): void {
    this.#begun = true;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { lock } of waiting) this.add(lock);
  }

  /** Starts the grace of a lock; one that runs already goes on. */
  add(lock: Lock): void {
    if (this.#waiting.has(lock.id)) return;
    const { graceMs, now } = this.#context;
    this.#waiting.set(lock.id, { lock, dueAt: this.#begun ? now() + graceMs : Infinity });
    this.#timer ??= setInterval(() => this.look(), orphanLookMs).unref();
  }

  /** It is none any more. */
  forget(id: string): void {
    this.#waiting.delete(id);
  }

  /** Frees what is due. */
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

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

export type LockKind = 'branch' | 'repository' | 'working-tree' | 'script';
export type LockCondition = 'held' | 'orphaned' | 'stale' | 'unknown' | 'deleted';

/** Who holds a lock, or waits for it. `since` is an RFC 3339 instant. */
export interface LockParty {
  readonly childId: string | null;
  readonly pid: number | null;
  readonly user: string | null;
  readonly host: string | null;
  readonly command: string | null;
  readonly since: string | null;
  /**
   * Pids of the processes above it, nearest first, where they tell something: a lock that one of
   * them holds is held by the same job.
   */
  readonly ancestors?: readonly number[];
}

/** A physical lock of Breezy, or a global lock of this host that scripts share. */
export interface Lock {
  /** Names this very acquisition: when another one holds the lock, it has another id. */
  readonly id: string;
  readonly kind: LockKind;
  readonly path: string;
  readonly name: string;
  readonly holder: LockParty | null;
  readonly waiters: readonly LockParty[];
  readonly condition: LockCondition;
  /** Breezy's own name of this very acquisition; a break compares it. */
  readonly nonce: string | null;
  /**
   * The tests behind its condition, a sentence each and fit to be shown: same host, same user,
   * process gone, a start time that differs, a foreign host, an empty info file.
   */
  readonly reasons: readonly string[];
  /**
   * Of an orphan: when its grace is over (RFC 3339), after which it is freed as soon as nobody can
   * be on the way to take it up. Absent where nothing is freed by itself.
   */
  readonly graceEndsAt?: string;
}

/**
 * A row of the history as it is told and exported, under the names of its columns; instants are
 * milliseconds since 1970.
 */
export type PastRow = Readonly<Record<string, string | number | null>>;

/** Rows and the cursor to what follows them, null at the end. */
export interface PastRows {
  readonly rows: readonly PastRow[];
  readonly next: string | null;
}

/**
 * `GET /api/audit`: the entries of `hatchery audit`, in its words (`who`, `what`, `from`, `why`),
 * each with its `kind`. There may be fewer rows than were asked for, even none, with more behind
 * `next`: one answer looks through so many entries and no more.
 */
export interface PastAudit extends PastRows {
  /** Lines of the audit that are no entries, as one that a full disk cut off. */
  readonly damaged: number;
}

/** How long things took, in milliseconds; null when there is nothing to tell of. */
export interface Spread {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** One line of the percentiles: of everybody (`name` null), of one user or of one branch. */
export interface SpreadRow {
  readonly name: string | null;
  readonly session: Spread;
  readonly start: Spread;
  readonly lockWait: Spread;
  readonly lockHold: Spread;
}

/** How long sessions, their starts, and their waits for and holds of locks took. */
export interface PastStatistics {
  readonly all: SpreadRow;
  readonly users: readonly SpreadRow[];
  readonly branches: readonly SpreadRow[];
}

/** Who was turned away by the gateway: the newest, and how many in all. */
export interface PastRefusals {
  readonly rows: readonly PastRow[];
  readonly count: number;
}

/** `GET /api/history`; further rows of the same question come without the rest. */
export interface PastSessions extends PastRows {
  readonly statistics: PastStatistics | null;
  /**
   * Null as well where the question is of branches or ends, which a refused session has none of.
   */
  readonly refusals: PastRefusals | null;
}

/** `GET /api/children/:id`: what is remembered of one child, also long after its end. */
export interface PastChild {
  readonly session: PastRow | null;
  readonly usage: readonly PastRow[];
  readonly holds: readonly PastRow[];
  readonly waits: readonly PastRow[];
  readonly marks: readonly PastRow[];
  readonly audit: readonly PastRow[];
}

/** `GET /api/timeline`. */
export interface PastTimeline {
  readonly from: number;
  readonly to: number;
  readonly sessions: readonly PastRow[];
  readonly holds: readonly PastRow[];
  /** Without the refused. */
  readonly marks: readonly PastRow[];
  /**
   * How many were turned away (`count`) from the instant `at` on: a row a short stretch, none where
   * nobody was.
   */
  readonly refusals: readonly PastRow[];
  /** Sessions in the range that are not among those told, which are the longest. */
  readonly more: number;
}

/**
 * One thing that the doctor looked at, and what to do when it is not well. `GET /api/doctor`
 * answers with a list.
 */
export interface Check {
  readonly name: string;
  readonly verdict: 'well' | 'warning' | 'failed';
  readonly found: string;
  readonly remedy: string | null;
}

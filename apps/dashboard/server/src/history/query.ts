/** What the History and Audit pages, their exports and the drawer ask for. Instants are milliseconds since 1970. */
export interface SessionFilter {
  readonly from: number;
  readonly to: number;
  readonly user: string | null;
  readonly branch: string | null;
  /** Any part of user, command, branch, peer or id. */
  readonly text: string | null;
  readonly outcome: 'any' | 'failed' | 'killed' | 'ok' | 'running';
}

export interface AuditFilter {
  readonly from: number;
  readonly to: number;
  readonly actor: string | null;
  /** Any part of verb, target, reason or outcome. */
  readonly text: string | null;
}

/** A page of rows: at most `limit`, below the row named by `after` (the cursor that the page before gave). */
export interface Cut {
  readonly limit: number;
  readonly after: string | null;
}

/** One question to the history. */
export type Query =
  | { readonly name: 'sessions'; readonly filter: SessionFilter; readonly cut: Cut }
  | { readonly name: 'statistics'; readonly filter: SessionFilter }
  | { readonly name: 'audit'; readonly filter: AuditFilter; readonly cut: Cut }
  | { readonly name: 'child'; readonly id: string }
  | { readonly name: 'timeline'; readonly from: number; readonly to: number };

/** A row as it is told and exported: the names are those of the columns. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Rows and the cursor to what follows them, null at the end. */
export interface Rows {
  readonly rows: readonly Row[];
  readonly next: string | null;
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

export interface Statistics {
  readonly all: SpreadRow;
  readonly users: readonly SpreadRow[];
  readonly branches: readonly SpreadRow[];
}

/** What is remembered of one child, also long after its end. */
export interface ChildHistory {
  readonly session: Row | null;
  readonly usage: readonly Row[];
  readonly holds: readonly Row[];
  readonly waits: readonly Row[];
  readonly marks: readonly Row[];
  readonly audit: readonly Row[];
}

/** What the timeline draws. */
export interface Timeline {
  readonly from: number;
  readonly to: number;
  readonly sessions: readonly Row[];
  readonly holds: readonly Row[];
  readonly marks: readonly Row[];
  /** Sessions in the range that are not among those told, which are the longest. */
  readonly more: number;
}

/** What a question is answered with. */
export interface Answers {
  readonly sessions: Rows;
  readonly statistics: Statistics;
  readonly audit: Rows;
  readonly child: ChildHistory;
  readonly timeline: Timeline;
}

/** A row of the history, under the names of the server's columns; instants are milliseconds since 1970. */
export type PastRow = Readonly<Record<string, string | number | null>>;

/** Percentiles in milliseconds, null without anything to tell of. */
export interface Spread {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface SpreadRow {
  readonly name: string | null;
  readonly session: Spread;
  readonly start: Spread;
  readonly lockWait: Spread;
  readonly lockHold: Spread;
}

/** `GET /api/history`; further rows of the same question come without percentiles. */
export interface ToldHistory {
  readonly rows: readonly PastRow[];
  readonly next: string | null;
  readonly statistics: {
    readonly all: SpreadRow;
    readonly users: readonly SpreadRow[];
    readonly branches: readonly SpreadRow[];
  } | null;
}

/** `GET /api/audit`. */
export interface ToldAudit {
  readonly rows: readonly PastRow[];
  readonly next: string | null;
}

/** `GET /api/children/:id`. */
export interface ToldChild {
  readonly session: PastRow | null;
  readonly usage: readonly PastRow[];
  readonly holds: readonly PastRow[];
  readonly waits: readonly PastRow[];
  readonly marks: readonly PastRow[];
  readonly audit: readonly PastRow[];
}

/** `GET /api/timeline`. */
export interface ToldTimeline {
  readonly from: number;
  readonly to: number;
  readonly sessions: readonly PastRow[];
  readonly holds: readonly PastRow[];
  readonly marks: readonly PastRow[];
  readonly more: number;
}

/** `GET /api/doctor`. */
export type ToldDoctor = readonly {
  readonly name: string;
  readonly verdict: 'well' | 'warning' | 'failed';
  readonly found: string;
  readonly remedy: string | null;
}[];

/** A text of a row, or what stands for nothing. */
export function textIn(row: PastRow, key: string, nothing = '–'): string {
  const value = row[key] ?? null;
  return value === null ? nothing : String(value);
}

export function numberIn(row: PastRow, key: string): number | null {
  const value = row[key];
  return typeof value === 'number' ? value : null;
}

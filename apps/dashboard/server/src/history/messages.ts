import type { Answers, Query } from './query.ts';
import type { HistoryRecord } from './record.ts';

/** What the thread is given at its start. */
export interface WorkerOptions {
  readonly path: string;
  /** Where the parts write the audit; the thread reads it, for there may be much of it. */
  readonly auditDirectory: string;
  readonly bytesMax: number;
}

/** What the thread is asked. `number` comes back with the answer. */
export type Ask =
  | { readonly type: 'write'; readonly number: number; readonly records: readonly HistoryRecord[] }
  | { readonly type: 'query'; readonly number: number; readonly query: Query };

/** How the history is: told after the start and after each batch. */
export interface DatabaseState {
  readonly bytes: number;
  readonly movedAside: string | null;
}

/** What the thread answers. A failed write was undone as a whole. */
export type Told =
  | { readonly type: 'opened'; readonly state: DatabaseState }
  | { readonly type: 'written'; readonly number: number; readonly state: DatabaseState }
  | { readonly type: 'answer'; readonly number: number; readonly answer: Answers[Query['name']] }
  | { readonly type: 'failed'; readonly number: number; readonly error: string };

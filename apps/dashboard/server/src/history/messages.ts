import type { Answers, Query } from './query.ts';
import type { HistoryRecord } from './record.ts';

/** What the thread gets when it starts. */
export interface WorkerOptions {
  readonly path: string;
  /** The audit files of the parts; the thread reads them, because they may be large. */
  readonly auditDirectory: string;
  readonly bytesMax: number;
}

/** A query to the thread. `number` comes back with the answer. */
export type Ask =
  | { readonly type: 'write'; readonly number: number; readonly records: readonly HistoryRecord[] }
  | { readonly type: 'query'; readonly number: number; readonly query: Query };

/** The state of the history, sent after the start and after each batch. */
export interface DatabaseState {
  readonly bytes: number;
  readonly movedAside: string | null;
}

/** The thread's answers. A failed write was rolled back as a whole. */
export type Told =
  | { readonly type: 'opened'; readonly state: DatabaseState }
  | { readonly type: 'written'; readonly number: number; readonly state: DatabaseState }
  | { readonly type: 'answer'; readonly number: number; readonly answer: Answers[Query['name']] }
  | { readonly type: 'failed'; readonly number: number; readonly error: string };

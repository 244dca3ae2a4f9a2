import type { AuditKind } from '@hatchery/event-feed';
import type {
  PastAudit,
  PastChild,
  PastRefusals,
  PastRows,
  PastStatistics,
  PastTimeline,
} from '@hatchery/events';

/**
 * The queries of the History and Audit pages, their exports and the drawer. Instants are
 * milliseconds since 1970.
 */
export interface SessionFilter {
  readonly from: number;
  readonly to: number;
  readonly user: string | null;
  readonly branch: string | null;
  /** Any part of user, command, branch, peer or id. */
  readonly text: string | null;
  readonly outcome: 'any' | 'failed' | 'killed' | 'ok' | 'running';
}

/** The filters for refused sessions. */
export type RefusalFilter = Pick<SessionFilter, 'from' | 'to' | 'user' | 'text'>;

export interface AuditFilter {
  readonly from: number;
  readonly to: number;
  readonly kind: AuditKind | null;
  /** The target or the actor. */
  readonly user: string | null;
  /** Any part of actor, action, origin and reason. */
  readonly text: string | null;
}

/**
 * A page of rows: at most `limit`, after the row named by `after` (the cursor that the previous
 * page gave).
 */
export interface Cut {
  readonly limit: number;
  readonly after: string | null;
}

/** One query to the history. */
export type Query =
  | { readonly name: 'sessions'; readonly filter: SessionFilter; readonly cut: Cut }
  | { readonly name: 'statistics'; readonly filter: SessionFilter }
  | { readonly name: 'refusals'; readonly filter: RefusalFilter; readonly limit: number }
  | { readonly name: 'audit'; readonly filter: AuditFilter; readonly cut: Cut }
  | { readonly name: 'child'; readonly id: string }
  | { readonly name: 'timeline'; readonly from: number; readonly to: number };

/** The answer to a query. */
export interface Answers {
  readonly sessions: PastRows;
  readonly statistics: PastStatistics;
  readonly refusals: PastRefusals;
  readonly audit: PastAudit;
  readonly child: PastChild;
  readonly timeline: PastTimeline;
}

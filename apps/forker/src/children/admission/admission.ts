import { drainLine } from '@hatchery/event-feed';
import {
  forkMsMax,
  fullExpectedWaitMsMax,
  fullWaitMsMax,
  waitingRequestsMax,
} from '../../limits.ts';

/** What admission looks at. */
export interface Load {
  readonly draining: boolean;
  /** Why, as its users read it; null when nobody has said. */
  readonly drainReason: string | null;
  /** Children that live, and forks on their way to one. */
  readonly children: number;
  /** The same of one user, and what waits for a place. */
  readonly childrenOfUser: number;
  readonly user: string | null;
  /** Requests that wait already. */
  readonly waiting: number;
  /**
   * True while nothing but the number of children stands in the way: a keeper is there and not
   * busy.
   */
  readonly canFork: boolean;
  /** How long this request may expect to wait for a child to end; Infinity when none ends. */
  readonly expectedWaitMs: number;
}

/** The configured limits. */
export interface AdmissionLimits {
  readonly childrenMax: number;
  readonly childrenPerUserMax: number;
}

/**
 * What becomes of a request. A refusal says which limit it met, how many there are, and when to
 * come back.
 */
export type Verdict =
  | { readonly kind: 'fork' }
  | { readonly kind: 'wait'; readonly waitMsMax: number }
  | { readonly kind: 'refuse'; readonly limit: Limit; readonly reason: string };

/** What a refusal is counted under. */
export type Limit = 'draining' | 'max_children' | 'max_children_per_user' | 'waiting';

/** Judges one request. Pure. */
export function judge(load: Load, limits: AdmissionLimits): Verdict {
  const { user, childrenOfUser, children, waiting } = load;
  const { childrenMax, childrenPerUserMax } = limits;
  if (load.draining) return refuse('draining', drainLine('session', load.drainReason));
  if (user !== null && childrenOfUser >= childrenPerUserMax) {
    const many = `${user} has ${childrenOfUser} of ${childrenPerUserMax} sessions in use (max_children_per_user)`;
    return refuse('max_children_per_user', `${many}; end one, or try again in a minute`);
  }
  const isFull = children >= childrenMax;
  // Whoever would wait in vain is told at once: a client that waits is one more to serve, and
  // learns nothing.
  if (isFull && load.expectedWaitMs > fullExpectedWaitMsMax)
    return refuse('max_children', fullReason(load, limits));
  if (waiting >= waitingRequestsMax) {
    const reason = `${waiting} requests wait for a session already, which is the most there may; ${retryIn(load.expectedWaitMs)}`;
    return refuse('waiting', reason);
  }
  if (!isFull && load.canFork && waiting === 0) return { kind: 'fork' };
  return { kind: 'wait', waitMsMax: isFull ? fullWaitMsMax : forkMsMax };
}

/** Why a request that has waited as long as it may is refused after all. */
export function lateReason(load: Load, limits: AdmissionLimits): string {
  if (load.children >= limits.childrenMax) return fullReason(load, limits);
  return `no session came up within ${forkMsMax / 1000} s: try again in a minute`;
}

function fullReason({ children, expectedWaitMs }: Load, { childrenMax }: AdmissionLimits): string {
  return `the service is full: ${children} of ${childrenMax} sessions are in use (max_children); ${retryIn(expectedWaitMs)}`;
}

/** From the pace at which sessions end, between a second and a minute. */
function retryIn(expectedWaitMs: number): string {
  const seconds = Math.max(1, Math.ceil(expectedWaitMs / 1000));
  return seconds >= 60 ? 'try again in a minute' : `try again in ${seconds} s`;
}

function refuse(limit: Limit, reason: string): Verdict {
  return { kind: 'refuse', limit, reason };
}

import type { Child, Lock, LockParty, SessionBytes, SessionPhasesMs } from '@hatchery/events';

/**
 * How a hold of a lock, or a wait for one, came to its end. `unseen` ended while nobody here was
 * listening.
 */
export type HoldEnding = 'released' | 'broken' | 'unseen';
export type WaitEnding = 'acquired' | 'gave up' | 'unseen';

/**
 * Use of one child over a stretch of time: the mean of CPU, the largest of memory, counters as of
 * its end.
 */
export interface UsageRecord {
  readonly type: 'usage';
  readonly childId: string;
  /** The beginning of the stretch, milliseconds since 1970, as all instants of records. */
  readonly at: number;
  readonly cpuPercent: number | null;
  readonly privateBytes: number | null;
  readonly rssBytes: number | null;
  readonly ioBytes: number | null;
  readonly faults: number | null;
}

/** How a session went at the gateway, whose end of it the child does not see. */
export interface GatewayRecord {
  readonly type: 'gateway';
  readonly childId: string;
  readonly sessionId: string;
  readonly at: number;
  readonly reason: string;
  readonly bytes: SessionBytes;
  readonly phasesMs: SessionPhasesMs;
}

/**
 * Somebody wants something done. `ownId` is set when it was asked here, `actionId` when the part
 * said it that was asked.
 */
export interface AuditIntent {
  readonly type: 'intent';
  readonly at: number;
  readonly actor: string;
  readonly verb: string;
  readonly target: string;
  readonly reason: string;
  /**
   * Who says so: an action of this page is said by it and by the part that it asks, which are one
   * row for the forker.
   */
  readonly via: 'dashboard' | 'forker' | 'ssh-gateway';
  readonly ownId: string | null;
  readonly actionId: string | null;
  /**
   * The lock as it was looked at, where the target is one; null when nobody said, and for
   * everything else.
   */
  readonly lock: LockLook | null;
}

/** A lock as the audit tells it. */
export interface LockLook extends Pick<Lock, 'name' | 'kind' | 'path'> {
  /** Its condition and its holder, as `stale, anna (pid 4711 on vm)`. */
  readonly state: string;
}

/** What came of it. */
export interface AuditOutcome {
  readonly type: 'outcome';
  readonly at: number;
  readonly ownId: string | null;
  readonly actionId: string | null;
  readonly outcome: string;
  /**
   * How the lock is now, as in {@link LockLook} or `free`; null when no action looked at it again.
   */
  readonly lockAfter: string | null;
}

/** A moment of the service as a whole, drawn across the timeline. */
export interface Mark {
  readonly type: 'mark';
  readonly at: number;
  readonly kind: 'signal' | 'break' | 'drain' | 'restart' | 'zygote' | 'refused';
  readonly text: string;
  readonly childId: string | null;
}

/**
 * One thing to be kept. Writing the same record twice keeps it once, so a batch may be written
 * again after a failure.
 */
export type HistoryRecord =
  | { readonly type: 'session'; readonly child: Child; readonly cause: string | null }
  | { readonly type: 'hold'; readonly lock: Lock; readonly at: number }
  | {
      readonly type: 'hold-end';
      readonly lockId: string;
      readonly at: number;
      readonly ending: HoldEnding;
    }
  | {
      readonly type: 'wait';
      readonly lockId: string;
      readonly name: string;
      readonly waiter: LockParty;
      readonly at: number;
    }
  | {
      readonly type: 'wait-end';
      readonly lockId: string | null;
      readonly party: string;
      readonly at: number;
      readonly ending: WaitEnding;
    }
  /** A snapshot: what is open in the history and not in these lists ended unseen. */
  | {
      readonly type: 'present';
      readonly at: number;
      readonly childIds: readonly string[];
      readonly lockIds: readonly string[];
    }
  | UsageRecord
  | GatewayRecord
  | Mark
  | AuditIntent
  | AuditOutcome;

/** What the audit keeps of a lock. */
export function lookOf({ name, kind, path, condition, holder }: Lock): LockLook {
  return { name, kind, path, state: `${condition}, ${holderText(holder)}` };
}

/**
 * The state of a lock after an action: null when no action looked at it again, `free` when there is
 * none any more.
 */
export function stateAfter(after: Lock | null | undefined): string | null {
  if (after === undefined) return null;
  return after === null ? 'free' : lookOf(after).state;
}

function holderText(holder: LockParty | null): string {
  if (holder === null) return 'its holder not known';
  const { user, pid, host } = holder;
  return `${user ?? 'somebody'} (pid ${pid ?? 'not known'} on ${host ?? 'a host not known'})`;
}

/** Names one holder or waiter: a child by its id, anybody else by where they run. */
export function partyName({ childId, host, pid, user }: LockParty): string {
  return childId ?? `${user ?? '?'}@${host ?? '?'}:${pid ?? '?'}`;
}

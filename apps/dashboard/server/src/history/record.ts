import type { Child, Lock, LockParty, SessionBytes, SessionPhasesMs } from '@hatchery/events';

/**
 * How a hold of a lock, or a wait for one, ended. `unseen`: it ended while the feed was
 * disconnected.
 */
export type HoldEnding = 'released' | 'broken' | 'unseen';
export type WaitEnding = 'acquired' | 'gave up' | 'unseen';

/**
 * Usage of one child over a stretch of time: the mean of CPU, the maximum of memory, counters at
 * its end.
 */
export interface UsageRecord {
  readonly type: 'usage';
  readonly childId: string;
  /** The start of the stretch, in milliseconds since 1970, like all instants of records. */
  readonly at: number;
  readonly cpuPercent: number | null;
  readonly privateBytes: number | null;
  readonly rssBytes: number | null;
  readonly ioBytes: number | null;
  readonly faults: number | null;
}

/** How a session ended at the gateway, which the child does not see. */
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
 * An operator's request. `ownId` is set when it was made here, `actionId` when the part that
 * received it reported it.
 */
export interface AuditIntent {
  readonly type: 'intent';
  readonly at: number;
  readonly actor: string;
  readonly verb: string;
  readonly target: string;
  readonly reason: string;
  /**
   * Who reports it. Both this page and the part report an action of this page; they are one row for
   * the forker.
   */
  readonly via: 'dashboard' | 'forker' | 'ssh-gateway';
  readonly ownId: string | null;
  readonly actionId: string | null;
  /** The lock as it was, when the target is a lock; null when unknown, and for other targets. */
  readonly lock: LockLook | null;
}

/** A lock as the audit shows it. */
export interface LockLook extends Pick<Lock, 'name' | 'kind' | 'path'> {
  /** Its condition and its holder, such as `stale, anna (pid 4711 on vm)`. */
  readonly state: string;
}

/** The outcome. */
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
 * One record to keep. Writing it twice keeps it once, so a batch may be repeated after a failure.
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
  /** A snapshot: everything open in the history but absent from these lists ended unseen. */
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

/** The part of a lock that the audit keeps. */
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

/** Names one holder or waiter: a child by its id, others by where they run. */
export function partyName({ childId, host, pid, user }: LockParty): string {
  return childId ?? `${user ?? '?'}@${host ?? '?'}:${pid ?? '?'}`;
}

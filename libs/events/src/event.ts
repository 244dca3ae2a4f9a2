import type { Child, ChildExit, ChildRusage, ChildUsage } from './child.ts';
import type { SessionFailure } from './failure.ts';
import type { Lock, LockParty } from './lock.ts';

/** What happened to a child. */
export type ChildEvent =
  | { readonly kind: 'child.spawned'; readonly child: Child }
  | { readonly kind: 'child.connected'; readonly id: string; readonly connectedAt: string }
  | {
      readonly kind: 'child.usage';
      readonly samples: readonly { readonly id: string; readonly usage: ChildUsage }[];
    }
  /** A change was refused or a request failed; the session itself may go on. */
  | { readonly kind: 'child.failed'; readonly id: string; readonly failure: SessionFailure }
  | { readonly kind: 'child.stopping'; readonly id: string; readonly cause: string }
  | {
      readonly kind: 'child.exited';
      readonly id: string;
      readonly endedAt: string;
      readonly exit: ChildExit;
      readonly rusage: ChildRusage | null;
      /** The first cause of the ending, as `finished` or `killed by ops: runaway`. */
      readonly cause: string;
    };

/** What happened to a lock. */
export type LockEvent =
  | { readonly kind: 'lock.acquired'; readonly lock: Lock }
  | { readonly kind: 'lock.contended'; readonly id: string; readonly waiter: LockParty }
  /**
   * Anything else about it: its condition, another session that took its token up, a waiter that
   * gave up.
   */
  | { readonly kind: 'lock.changed'; readonly lock: Lock }
  | { readonly kind: 'lock.released'; readonly id: string }
  | {
      readonly kind: 'lock.broken';
      readonly id: string;
      readonly actor: string;
      /** The lock as it was; after it, it is free. */
      readonly before: Lock;
    };

/** What happened to the service itself. */
export type ServiceEvent =
  | { readonly kind: 'zygote.ready'; readonly pid: number; readonly startedInMs: number }
  /** None is wanted: every child is a Python of its own. */
  | { readonly kind: 'zygote.off' }
  | {
      readonly kind: 'zygote.failed';
      readonly step: string;
      readonly message: string;
      readonly retryInMs: number | null;
      /** Of the zygote from before, which serves on; null when there is none. */
      readonly servingPid: number | null;
    }
  | {
      readonly kind: 'forker.draining';
      /** False when sessions are started again. */
      readonly draining: boolean;
      readonly actor: string;
      /**
       * The service stops. That is no drain: gateways do not follow it, and the next start ends it.
       */
      readonly stopping?: true;
      /**
       * When clients that are still connected are disconnected, RFC 3339; absent when nothing
       * drains.
       */
      readonly deadline?: string;
      /** Why, on one line as users read it; absent when the operator gave no reason. */
      readonly reason?: string;
    }
  /** Why no session can be started now, in one line; null when sessions can be started. */
  | { readonly kind: 'forker.outage'; readonly outage: string | null };

/** Bytes of one session, as the client sent and got them. */
export interface SessionBytes {
  readonly in: number;
  readonly out: number;
  readonly err: number;
}

/**
 * How long each phase of a session took, from the end of the one before; null for one that was not
 * reached.
 */
export interface SessionPhasesMs {
  /** Of the connection, which its sessions share: from its accept to the sign-in. */
  readonly auth: number | null;
  readonly exec: number | null;
  readonly forked: number | null;
  readonly firstByte: number | null;
  /** From the exec to the end. */
  readonly end: number | null;
}

/** What happened to a session in the gateway. `sessionId` is the gateway's own. */
export type SessionEvent =
  | {
      readonly kind: 'session.opened';
      readonly sessionId: string;
      readonly childId: string;
      readonly user: string;
      readonly peer: string;
      readonly command: string;
    }
  /**
   * The fork service did not answer, and `ssh.fallback` had the session spawned: it starts slowly
   * and no service counts it.
   */
  | {
      readonly kind: 'session.spawned';
      readonly sessionId: string;
      readonly childId: string;
      /** Why the fork service was of no use, in one line. */
      readonly reason: string;
    }
  | {
      readonly kind: 'session.refused';
      readonly user: string | null;
      readonly peer: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'session.closed';
      readonly sessionId: string;
      readonly childId: string;
      readonly reason: string;
      readonly bytes: SessionBytes;
      readonly phasesMs: SessionPhasesMs;
    };

/** What an operator asked for, and what came of it. */
export type ActionEvent =
  | {
      readonly kind: 'action.requested';
      readonly actionId: string;
      readonly actor: string;
      readonly verb: string;
      readonly target: string;
      readonly reason: string;
      /** A lock as it was looked at, when the target is one. */
      readonly before?: Lock;
    }
  | {
      readonly kind: 'action.done';
      readonly actionId: string;
      readonly outcome: string;
      /** The lock as it is now, or null when there is none any more. */
      readonly after?: Lock | null;
    };

/** What a publisher says, before it is numbered. */
export type EventBody = ChildEvent | LockEvent | ServiceEvent | SessionEvent | ActionEvent;

/**
 * One numbered change. `seq` grows by one within an epoch, but for usage, which is coalesced and
 * never missed: it has no number of its own and carries that of the event before it. `at` is the
 * publisher's clock, RFC 3339.
 */
export type Event = EventBody & { readonly seq: number; readonly at: string };

/** The kind of an event, by which a reader of a feed can choose. */
export type EventKind = EventBody['kind'];

/** All kinds, in the order of {@link EventBody}. The compiler refuses a list that lacks one. */
const kinds: Readonly<Record<EventKind, true>> = {
  'child.spawned': true,
  'child.connected': true,
  'child.usage': true,
  'child.failed': true,
  'child.stopping': true,
  'child.exited': true,
  'lock.acquired': true,
  'lock.contended': true,
  'lock.changed': true,
  'lock.released': true,
  'lock.broken': true,
  'zygote.ready': true,
  'zygote.off': true,
  'zygote.failed': true,
  'forker.draining': true,
  'forker.outage': true,
  'session.opened': true,
  'session.spawned': true,
  'session.refused': true,
  'session.closed': true,
  'action.requested': true,
  'action.done': true,
};

/** The kind of that name, or null when there is none. */
export function eventKindOf(name: string): EventKind | null {
  return Object.hasOwn(kinds, name) ? (name as EventKind) : null;
}

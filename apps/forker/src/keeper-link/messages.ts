import type { SessionSettings } from '@hatchery/config';
import type { ChildRusage, SessionFailure } from '@hatchery/events';

/** What the forker keeps with a child at the keeper, to get it back after its own restart. */
export interface ChildDetails {
  readonly user: string | null;
  readonly peer: string | null;
  readonly command: string;
  readonly startedAt: string;
}

/** A child as the keeper tells a new forker of it. */
export interface KeptChild {
  readonly id: string;
  readonly pid: number;
  readonly directory: string;
  readonly connected: boolean;
  readonly details: ChildDetails;
}

/**
 * How children are made. A keeper that is told another one than before starts a new zygote, which
 * takes over when it is ready.
 */
export interface ZygoteConfiguration extends SessionSettings {
  /** False: no zygote, every child is a Python of its own. */
  readonly fork: boolean;
  /** The list of modules to preload. */
  readonly preload: string;
  readonly poolSize: number;
  /** The directory of a control group in which children may make their own; null: there is none. */
  readonly cgroup: string | null;
  /** Changes with the code and the lists that a zygote loads; only compared. */
  readonly fingerprint: string;
}

/**
 * What the forker asks of the keeper, which holds it against apps/forker/zygote/orders.py. `signal`
 * is a number, sent to the child's process group.
 */
export type KeeperRequest =
  | ({ readonly request: 'configure' } & ZygoteConfiguration)
  | {
      readonly request: 'fork';
      readonly id: string;
      readonly command: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      readonly connectTimeoutS: number;
      readonly details: ChildDetails;
    }
  | { readonly request: 'signal'; readonly id: string; readonly signal: number }
  | { readonly request: 'taken'; readonly id: string }
  /** Answered with `alive`. */
  | { readonly request: 'ping' }
  /** As `configure`, for good only if that zygote comes up; else all stays as it was. */
  | ({ readonly request: 'try_zygote' } & ZygoteConfiguration)
  | { readonly request: 'quit' };

/**
 * What a session does with a lock (apps/forker/zygote/lock_reports.py). `taken-up` shows the token
 * of a lock that was left in place.
 */
export interface LockReport {
  readonly event: 'lock';
  readonly id: string;
  readonly action:
    'opened' | 'acquired' | 'taken-up' | 'contended' | 'gave-up' | 'released' | 'broken';
  /** Absolute: of the branch when it is opened, else of the lock's directory. */
  readonly path: string;
  readonly nonce: string | null;
  /**
   * When it was so, in seconds of the host's monotonic clock: reports of two sessions can overtake
   * each other.
   */
  readonly atS: number;
  /** Reports before this one that could not be sent. */
  readonly lost: number;
}

/** What the keeper says (apps/forker/zygote/keeper_events.py). */
export type KeeperEvent =
  | {
      readonly event: 'hello';
      /** The version of this wire. */
      readonly format: number;
      readonly pid: number;
      readonly children: readonly KeptChild[];
      /** Wall clock. */
      readonly readyAtMs: number;
    }
  | { readonly event: 'alive' }
  | {
      readonly event: 'zygote.ready';
      readonly pid: number;
      readonly modules: number;
      readonly startedInMs: number;
      /** Wall clock. */
      readonly readyAtMs: number;
      /** True when it was only tried, and came up. */
      readonly tried: boolean;
    }
  | {
      readonly event: 'zygote.failed';
      readonly step: string;
      readonly message: string;
      readonly stderr: readonly string[];
      /** How many have failed in a row. */
      readonly attempts: number;
      /** Wall clock. */
      readonly failedAtMs: number;
      readonly retryInMs: number;
      /** Of an older one that serves on. */
      readonly servingPid: number | null;
    }
  /** One that was tried did not come up; nothing has changed. */
  | {
      readonly event: 'zygote.rejected';
      readonly step: string;
      readonly message: string;
      readonly stderr: readonly string[];
    }
  /** `cause` says why the keeper has killed it; null when it has not. */
  | { readonly event: 'zygote.died'; readonly status: number; readonly cause: string | null }
  /** Children can be had, though nothing is forked. */
  | { readonly event: 'zygote.none'; readonly tried: boolean }
  | {
      readonly event: 'started';
      readonly id: string;
      readonly pid: number;
      readonly directory: string;
    }
  | { readonly event: 'refused'; readonly id: string; readonly reason: string }
  | { readonly event: 'connected'; readonly id: string }
  | {
      readonly event: 'exited';
      readonly id: string;
      readonly pid: number;
      readonly directory: string;
      readonly status: number;
      readonly rusage: ChildRusage;
      readonly leftBehind: boolean;
      readonly details: ChildDetails;
    }
  /** A traceback or a crash of a child, for the log of the service. */
  | { readonly event: 'log'; readonly id: string; readonly text: string }
  /** What a session was refused or failed of; `traceback` is empty where it would tell nothing. */
  | ({ readonly event: 'failed'; readonly id: string; readonly traceback: string } & SessionFailure)
  | LockReport
  /** The keeper kills a child that said what no child says, or for which another process spoke. */
  | { readonly event: 'condemned'; readonly id: string; readonly reason: string }
  | { readonly event: 'signalled'; readonly id: string; readonly sent: boolean };

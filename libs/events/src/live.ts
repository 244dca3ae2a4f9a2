import type { ChildUsage } from './child.ts';
import type { Event } from './event.ts';
import type { View } from './view.ts';

/**
 * Who a browser is to the dashboard: a viewer reads, an operator may end sessions politely, an
 * admin may do all.
 */
export type Role = 'viewer' | 'operator' | 'admin';

/**
 * Whether the dashboard's server hears the forker's feed, and since when (RFC 3339, the server's
 * clock): one that is down since it was last heard.
 */
export type FeedState =
  | {
      readonly up: true;
      readonly since: string;
      /** When the forker was last heard. */
      readonly heardAt: string;
    }
  | {
      readonly up: false;
      readonly since: string;
      readonly reason: string;
      /**
       * True until the forker was heard for the first time: nothing is known of its sessions then.
       */
      readonly neverHeard?: boolean;
    };

/**
 * Why nothing may be written, since when (RFC 3339) and on whose word; these two are empty when
 * nobody knows.
 */
export interface ReadOnlyState {
  readonly reason: string;
  readonly since: string;
  readonly actor: string;
}

/**
 * A child that holds a lock and used neither CPU nor disk since `since` (RFC 3339), which is too
 * long.
 */
export interface Stuck {
  readonly id: string;
  readonly since: string;
}

/** The last known use of one child. `at` is the publisher's clock when it was sampled. */
export interface UsageSample {
  readonly id: string;
  readonly at: string;
  readonly usage: ChildUsage;
}

/**
 * Where a browser stands. Events are counted by `seq` and each is told exactly once. Usage is not:
 * only its latest values matter, so it is counted in rounds, and a slow reader gets several rounds
 * merged into one message.
 */
export interface LivePosition {
  readonly epoch: string;
  readonly seq: number;
  readonly round: number;
}

/**
 * What the dashboard's server tells a browser over `WS /live`. `epoch` names one run of that
 * server.
 */
export type LiveMessage =
  | {
      readonly type: 'hello';
      readonly epoch: string;
      readonly serverTime: string;
      /** Rounds of usage a second, at most. */
      readonly hz: number;
      readonly role: Role;
      /**
       * Names the build of the page; another one after a reconnect means that the page is out of
       * date.
       */
      readonly build: string;
      readonly host: string;
      readonly feed: FeedState;
      /** How long a drain lets those that run go on, in seconds. */
      readonly drainTimeoutS: number;
    }
  | ({ readonly type: 'snapshot'; readonly view: View } & LivePosition)
  /** One event; it follows the one numbered `event.seq - 1`. */
  | { readonly type: 'event'; readonly event: Event }
  /** What changed after round `after` up to and including `round`, as of event `seq`. */
  | {
      readonly type: 'usage';
      readonly seq: number;
      readonly after: number;
      readonly round: number;
      readonly samples: readonly UsageSample[];
    }
  | ({
      readonly type: 'heartbeat';
      readonly serverTime: string;
      readonly feed: FeedState;
      readonly stuck: readonly Stuck[];
      /** Null while changes are taken. */
      readonly readOnly: ReadOnlyState | null;
    } & LivePosition);

/**
 * What a browser says: where it stands, with an empty `epoch` the first time.
 * It is answered with what it missed, or with a snapshot.
 */
export type LiveRequest = { readonly type: 'resume' } & LivePosition;

import type { Check, FeedState, ForkerLoad, Lock, ReadOnlyState } from '@hatchery/events';
import { examine } from './doctor.ts';
import type { HistoryState } from './history/history.ts';
import type { MetricsInput } from './http/metrics.ts';
import type { Broadcast } from './live/broadcast.ts';
import type { LiveLog } from './read-model/live-log.ts';
import type { Progress } from './read-model/progress.ts';

/** What the dashboard knows at this moment, in the forms that HTTP gives out. */
export interface Readings {
  readonly feed: FeedState;
  state(): unknown;
  metrics(): MetricsInput;
  doctor(): Promise<readonly Check[]>;
  /** A lock as of now, or undefined when none has this id. */
  lock(id: string): Lock | undefined;
}

/** Where the readings are taken. */
export interface ReadingsParts {
  readonly log: LiveLog;
  readonly broadcast: Broadcast;
  readonly progress: Progress;
  readonly feed: () => FeedState;
  readonly gateway: () => FeedState;
  readonly readOnly: () => ReadOnlyState | null;
  readonly load: () => Promise<ForkerLoad | null>;
  readonly history: { readonly state: HistoryState };
  readonly build: string;
  readonly signIn: { readonly untrusted: number };
  readonly budget: { readonly refusedTotal: number };
}

/** Whether what the dashboard has of the service was told by the forker at some time. */
function isKnown(feed: FeedState): boolean {
  return feed.up || feed.neverHeard !== true;
}

export function readingsOf(parts: ReadingsParts): Readings {
  const {
    log,
    broadcast,
    progress,
    feed,
    gateway,
    readOnly,
    load,
    history,
    build,
    signIn,
    budget,
  } = parts;
  return {
    get feed() {
      return feed();
    },
    state: () => {
      const { children, locks, ...rest } = log.view;
      const { epoch, seq } = log.position;
      return {
        epoch,
        seq,
        children: Object.values(children),
        locks: Object.values(locks),
        ...rest,
        feed: feed(),
        gateway: gateway(),
        readOnly: readOnly(),
      };
    },
    lock: (id) => (Object.hasOwn(log.view.locks, id) ? log.view.locks[id] : undefined),
    metrics: () => ({
      view: log.view,
      isKnown: isKnown(feed()),
      feedUp: feed().up,
      gatewayUp: gateway().up,
      seq: log.position.seq,
      browsers: broadcast.size,
      tooSlowTotal: broadcast.tooSlowTotal,
      untrustedTotal: signIn.untrusted,
      requestsRefusedTotal: budget.refusedTotal,
      stuck: progress.stuck(log.view, Date.now()).length,
      history: history.state,
    }),
    doctor: async () =>
      examine({
        load: await load(),
        feed: feed(),
        gateway: gateway(),
        readOnly: readOnly(),
        view: log.view,
        history: history.state,
        browsers: broadcast.size,
        tooSlow: broadcast.tooSlowTotal,
        uptimeS: process.uptime(),
        build,
      }),
  };
}

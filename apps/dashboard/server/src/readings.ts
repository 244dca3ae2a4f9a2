import type { FeedState } from '@hatchery/events';
import type { MetricsInput } from './http/metrics.ts';
import type { Broadcast } from './live/broadcast.ts';
import type { LiveLog } from './read-model/live-log.ts';

/** What the dashboard knows at this moment, in the forms that HTTP gives out. */
export interface Readings {
  readonly feed: FeedState;
  state(): unknown;
  metrics(): MetricsInput;
}

export function readingsOf(log: LiveLog, broadcast: Broadcast, feed: () => FeedState): Readings {
  return {
    get feed() {
      return feed();
    },
    state: () => {
      const { children, locks, ...rest } = log.view;
      const { epoch, seq } = log.position;
      return { epoch, seq, children: Object.values(children), locks: Object.values(locks), ...rest, feed: feed() };
    },
    metrics: () => ({
      view: log.view,
      feedUp: feed().up,
      seq: log.position.seq,
      browsers: broadcast.size,
      tooSlowTotal: broadcast.tooSlowTotal,
    }),
  };
}

import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Logger } from '@hatchery/daemon';
import type { ReadOnlyState } from '@hatchery/events';
import { linkFeed, type FeedLink } from './feed/feed-link.ts';
import { FeedNotice } from './feed/feed-notice.ts';
import { gatewayRecords } from './history/gateway-records.ts';
import type { History } from './history/history.ts';
import { Recorder } from './history/recorder.ts';
import { eventsKeptMax, heartbeatMs, usageHz } from './limits.ts';
import { Broadcast } from './live/broadcast.ts';
import { LiveLog } from './read-model/live-log.ts';
import { Progress } from './read-model/progress.ts';

/** The way from the feed to the browsers. */
export interface Live extends AsyncDisposable {
  readonly log: LiveLog;
  readonly broadcast: Broadcast;
  readonly progress: Progress;
  readonly feed: FeedLink;
  /** Of the gateway, which only the history listens to. */
  readonly gateway: FeedLink;
}

/**
 * Where the two feeds are, and what no feed says, as of now: whether the service is read-only, and
 * why a part is not there.
 */
export interface LiveSources {
  readonly forker: string;
  readonly gateway: string;
  readonly readOnly: () => ReadOnlyState | null;
  /** Why a part does not run; null when nobody has written that down. */
  readonly halted: (part: 'forker' | 'ssh-gateway') => string | null;
}

/** Dials the feeds for ever; what the forker's says goes to the history and to the browsers. */
export function startLive(sources: LiveSources, history: History, log: Logger): Live {
  const liveLog = new LiveLog({ epoch: randomUUID(), eventsKept: eventsKeptMax });
  const broadcast = new Broadcast(liveLog, () => performance.now());
  const progress = new Progress();
  const recorder = new Recorder(() => Date.now());
  const beat = (): void => {
    const now = new Date();
    const stuck = progress.stuck(liveLog.view, now.getTime());
    broadcast.beat(now.toISOString(), feed.state, stuck, sources.readOnly());
  };
  const [feedNotice, gatewayNotice] = [
    new FeedNotice(log, 'feed'),
    new FeedNotice(log, 'feed of the gateway'),
  ];
  const { halted } = sources;
  const forkerFeed = {
    controlSocket: sources.forker,
    name: 'the forker',
    halted: () => halted('forker'),
  };
  const gatewayFeed = {
    controlSocket: sources.gateway,
    name: 'the ssh gateway',
    halted: () => halted('ssh-gateway'),
  };
  const feed = linkFeed(forkerFeed, {
    message: (message) => {
      const records = recorder.take(message, liveLog.view);
      if (records.length > 0) history.keep(records);
      const told = liveLog.fold(message);
      if (told !== null) broadcast.publish(told);
    },
    changed: (state) => {
      feedNotice.changed(state);
      beat();
    },
  });
  const gateway = linkFeed(gatewayFeed, {
    message: (message) => {
      const records = gatewayRecords(message);
      if (records.length > 0) history.keep(records);
    },
    changed: (state) => gatewayNotice.changed(state),
  });
  const rounds = setInterval(() => {
    const usage = liveLog.closeRound();
    if (usage?.type !== 'usage') return;
    for (const sample of usage.samples) progress.note(sample);
    broadcast.publishUsage(usage);
  }, 1_000 / usageHz);
  const beats = setInterval(beat, heartbeatMs);
  return {
    log: liveLog,
    broadcast,
    progress,
    feed,
    gateway,
    [Symbol.asyncDispose]: async () => {
      clearInterval(rounds);
      clearInterval(beats);
      await Promise.all([feed[Symbol.asyncDispose](), gateway[Symbol.asyncDispose]()]);
      for (const notice of [feedNotice, gatewayNotice]) notice[Symbol.dispose]();
      // 1001: the page dials again, and finds the next dashboard.
      broadcast.closeAll(1001, 'the dashboard is stopping');
    },
  };
}

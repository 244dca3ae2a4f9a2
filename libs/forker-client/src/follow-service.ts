import { setTimeout as delay } from 'node:timers/promises';
import { dialFeed, SilentFeedError } from '@hatchery/event-feed';
import { drainOf, readDrain } from '@hatchery/events';
import type { Drain, EventBody, FeedMessage, View } from '@hatchery/events';
import { followRedialMsMax } from './limits.ts';

/** What a follower is told of the fork service. */
export type ServiceNews =
  /**
   * At each order of an operator, and after a pause when the drain is another one than before it.
   * Null when nothing drains.
   */
  | { readonly type: 'drain'; readonly drain: Drain | null }
  /** Why no session can be started; null when sessions can be started. */
  | { readonly type: 'outage'; readonly outage: string | null }
  /**
   * The feed is lost: what was told last holds on. A silent service takes connections and gives no
   * answer.
   */
  | { readonly type: 'lost'; readonly silent: boolean; readonly error: Error }
  | { readonly type: 'regained' };

/** Follows the fork service until it is disposed. */
export interface ServiceFollower extends AsyncDisposable {
  /**
   * Resolves when the service has told its state for the first time, or is not there to tell it;
   * after `ms` milliseconds at the latest.
   */
  heard(ms: number): Promise<void>;
}

const kinds = ['forker.draining', 'forker.outage'] as const;

/**
 * Follows the drain and the outages of the fork service on the feed of its control socket, without
 * the events of sessions. It dials again by itself for as long as it is not disposed. A stop of the
 * fork service is no drain, and changes nothing here.
 */
export function followService(
  controlSocket: string,
  tell: (news: ServiceNews) => void,
): ServiceFollower {
  const first = Promise.withResolvers<void>();
  const reader = new ServiceReader(tell);
  const feed = dialFeed(
    controlSocket,
    {
      message: (message) => {
        reader.take(message);
        if (message.type === 'snapshot') first.resolve();
      },
      connection: (state) => {
        if (state.up) return tell({ type: 'regained' });
        const { error } = state;
        tell({ type: 'lost', silent: error instanceof SilentFeedError, error });
        first.resolve();
      },
    },
    { kinds, redialMsMax: followRedialMsMax },
  );
  return {
    heard: async (ms) => {
      const late = new AbortController();
      await Promise.race([first.promise, delay(ms, undefined, { signal: late.signal })]);
      late.abort();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(feed[Symbol.asyncDispose]()),
  };
}

/** Makes news of the messages of a feed. */
class ServiceReader {
  readonly #tell: (news: ServiceNews) => void;
  #drain: Drain | null = null;
  #outage: string | null = null;

  constructor(tell: (news: ServiceNews) => void) {
    this.#tell = tell;
  }

  take(message: FeedMessage): void {
    if (message.type === 'snapshot') this.#takeView(message.view);
    if (message.type === 'event') this.#takeEvent(message.event);
  }

  /** What has changed since the feed was lost, or everything at the first time. */
  #takeView(view: View): void {
    // The drain ends with the service that stops; the next one says so.
    const drain = view.stopping === true ? this.#drain : drainOf(view);
    if (!isSame(drain, this.#drain)) this.#tellDrain(drain);
    const { outage = null } = view;
    if (outage !== this.#outage) this.#tellOutage(outage);
  }

  #takeEvent(event: EventBody): void {
    if (event.kind === 'forker.outage') this.#tellOutage(event.outage);
    if (event.kind !== 'forker.draining' || event.stopping === true) return;
    const { draining, actor, deadline, reason } = event;
    this.#tellDrain(draining ? readDrain(actor, reason, deadline) : null);
  }

  #tellDrain(drain: Drain | null): void {
    this.#drain = drain;
    this.#tell({ type: 'drain', drain });
  }

  #tellOutage(outage: string | null): void {
    this.#outage = outage;
    this.#tell({ type: 'outage', outage });
  }
}

function isSame(one: Drain | null, other: Drain | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.by === other.by &&
    one.reason === other.reason &&
    one.deadline?.getTime() === other.deadline?.getTime()
  );
}

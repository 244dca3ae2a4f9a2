import type { Logger } from '@hatchery/daemon';
import type { Drain } from '@hatchery/events';
import { followService, type ServiceFollower, type ServiceNews } from '@hatchery/forker-client';

/** The outage of a fork service that hangs: the one in which sessions may be spawned instead. */
export const forkerSilent = 'the fork service gives no answer';

/** Does what the fork service orders, and returns what came of it in words. */
export type FollowDrain = (drain: Drain | null) => Promise<string>;

/** What a {@link ForkerWatch} needs from outside. */
export interface ForkerWatchOptions {
  readonly controlSocket: string;
  readonly log: Logger;
  /** Why the fork service is not there; null when nobody has written that down. */
  readonly absent: () => string | null;
}

/**
 * The fork service as a gateway sees it, on its feed. It keeps the drain, and a gateway does what
 * it says: an order reaches every gateway at once. While the feed is lost the last word holds. A
 * gateway that was drained by itself stays so as long as the fork service is never drained.
 */
export class ForkerWatch implements Disposable {
  readonly #options: ForkerWatchOptions;
  readonly #follower: ServiceFollower;
  #follow: FollowDrain | null = null;
  #drain: Drain | null = null;
  #outage: string | null = null;
  #feed: 'heard' | 'lost' | 'silent' = 'lost';

  constructor(options: ForkerWatchOptions) {
    this.#options = options;
    this.#follower = followService(options.controlSocket, (news) => this.#take(news));
  }

  /** Why no session can be started now; null when sessions can be started, or nobody can tell. */
  get outage(): string | null {
    switch (this.#feed) {
      case 'heard':
        return this.#outage;
      case 'lost':
        return this.#options.absent();
      case 'silent':
        return forkerSilent;
      default:
        return this.#feed satisfies never;
    }
  }

  /**
   * Resolves when the fork service has told its state, or is not there; after `ms` milliseconds at
   * the latest.
   */
  heard(ms: number): Promise<void> {
    return this.#follower.heard(ms);
  }

  /** Has orders followed from now on, and the drain that is on at once. */
  obey(follow: FollowDrain): void {
    this.#follow = follow;
    if (this.#drain !== null) this.#order(this.#drain);
  }

  [Symbol.dispose](): void {
    void this.#follower[Symbol.asyncDispose]();
  }

  #take(news: ServiceNews): void {
    switch (news.type) {
      case 'drain':
        this.#drain = news.drain;
        return this.#order(news.drain);
      case 'outage':
        this.#outage = news.outage;
        return;
      case 'lost':
        this.#feed = news.silent ? 'silent' : 'lost';
        return;
      case 'regained':
        this.#feed = 'heard';
        return;
      default:
        return news satisfies never;
    }
  }

  #order(drain: Drain | null): void {
    const { log } = this.#options;
    const follow = this.#follow;
    if (follow === null) return;
    const drained = drain !== null;
    follow(drain).then(
      (outcome) => log.info({ drained, outcome }, 'drain of the fork service followed'),
      (err: unknown) => log.warn({ err }, 'drain of the fork service not followed'),
    );
  }
}

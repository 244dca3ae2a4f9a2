import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EventLog, serveFeed } from '@hatchery/event-feed';
import type { EventBody } from '@hatchery/events';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { followService, type ServiceFollower, type ServiceNews } from './follow-service.ts';

const deadline = '2100-01-01T00:00:00.000Z';
const drained = { kind: 'forker.draining', draining: true, actor: 'ops', deadline } as const;
const undrained = { kind: 'forker.draining', draining: false, actor: 'bo' } as const;
const stopped = { ...drained, actor: 'stop', stopping: true } as const;
const told = { by: 'ops', reason: null, deadline: new Date(deadline) };

/** A service that says these, and who follows it. */
class Following implements AsyncDisposable {
  readonly news: ServiceNews[] = [];
  readonly log: EventLog;
  readonly #directory = temporaryDirectory();
  readonly #path = join(this.#directory.path, 'control.sock');
  #follower: ServiceFollower | null = null;
  #server: AsyncDisposable | null = null;

  constructor(...before: readonly EventBody[]) {
    this.log = new EventLog({ epoch: 'e1', version: '1', now: () => new Date(0) });
    for (const event of before) this.log.publish(event);
  }

  static async of(...before: readonly EventBody[]): Promise<Following> {
    const following = new Following(...before);
    await following.serve(following.log);
    const follower = followService(following.#path, (news) => following.news.push(news));
    following.#follower = follower;
    await follower.heard(60_000);
    return following;
  }

  async serve(log: EventLog): Promise<void> {
    const server = createServer((request, response) => serveFeed(log, request, response));
    await once(server.listen(this.#path), 'listening');
    const close = async (): Promise<void> => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    };
    this.#server = { [Symbol.asyncDispose]: close };
  }

  /** Takes the service away, until the follower knows. */
  async lose(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = null;
    await until('the loss', () => this.news.at(-1)?.type === 'lost');
  }

  /** What was told of drains and outages so far. */
  get states(): unknown[] {
    return this.news.flatMap<unknown>((news) => {
      if (news.type === 'drain') return [news.drain];
      return news.type === 'outage' ? [news.outage] : [];
    });
  }

  /** Resolves when an event that is published after all others has come. */
  async caughtUp(log = this.log): Promise<unknown[]> {
    log.publish({ kind: 'forker.outage', outage: 'end of the test' });
    await until('the last event', () => this.states.includes('end of the test'));
    return this.states.slice(0, -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#follower?.[Symbol.asyncDispose]();
    await this.#server?.[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}

describe('followService', () => {
  it('tells the drain that goes on, with its reason and its deadline, before anything else', async () => {
    await using following = await Following.of({ ...drained, reason: 'new disks' });
    assert.deepEqual(following.states, [{ ...told, reason: 'new disks' }]);
  });

  it('tells nothing of a service that neither drains nor is out of order', async () => {
    await using following = await Following.of();
    assert.deepEqual(
      following.news.map(({ type }) => type).filter((type) => type !== 'lost'),
      ['regained'],
    );
  });

  it('tells every order, in the order in which it was given', async () => {
    await using following = await Following.of();
    for (const event of [drained, undrained, drained, drained]) following.log.publish(event);
    assert.deepEqual(await following.caughtUp(), [told, null, told, told]);
  });

  it('keeps the drain of an operator while the service stops', async () => {
    await using following = await Following.of(drained, stopped);
    assert.deepEqual(await following.caughtUp(), [], 'a stop alone is no drain');
    await using second = await Following.of(drained);
    second.log.publish(stopped);
    assert.deepEqual(await second.caughtUp(), [told]);
  });

  it('tells of the loss of the feed and nothing else, then what was ordered meanwhile', async () => {
    await using following = await Following.of(drained);
    await following.lose();
    assert.deepEqual(following.states, [told]);
    const last = following.news.at(-1);
    assert.ok(last?.type === 'lost' && !last.silent);
    following.log.publish(undrained);
    await following.serve(following.log);
    assert.deepEqual(await following.caughtUp(), [told, null]);
    assert.equal(following.news.filter(({ type }) => type === 'regained').length, 2);
  });

  it('tells only what differs, of a service that began with a new log', async () => {
    await using following = await Following.of(drained);
    await following.lose();
    const same = new EventLog({ epoch: 'e2', version: '1', now: () => new Date(0) });
    same.publish(drained);
    await following.serve(same);
    assert.deepEqual(await following.caughtUp(same), [told]);
    await following.lose();
    const other = new EventLog({ epoch: 'e3', version: '1', now: () => new Date(0) });
    await following.serve(other);
    await until('the end of the drain', () => following.states.at(-1) === null);
    assert.deepEqual(following.states, [told, 'end of the test', null, null], 'and of the outage');
  });

  it('calls a service silent that takes the connection and gives no answer', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const server = createServer(() => undefined).listen(path);
    await once(server, 'listening');
    const news: ServiceNews[] = [];
    await using _follower = followService(path, (one) => news.push(one));
    await until('the silence', () => news.some((one) => one.type === 'lost' && one.silent));
    server.closeAllConnections();
    server.close();
  });
});

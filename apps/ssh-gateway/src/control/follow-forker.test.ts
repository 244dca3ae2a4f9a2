import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { EventLog, serveFeed } from '@hatchery/event-feed';
import type { Drain, EventBody } from '@hatchery/events';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { RecordingLog } from '../../testing/recording-log.ts';
import { ForkerWatch } from './follow-forker.ts';

/** A control socket that answers as told, and what a gateway is told to do by it. */
class Watched implements AsyncDisposable {
  readonly told: string[] = [];
  readonly log = new RecordingLog();
  readonly watch: ForkerWatch;
  follow = (drain: Drain | null): Promise<string> => {
    this.told.push(drain === null ? 'undrain' : 'drain');
    return Promise.resolve('done');
  };
  absent: string | null = null;
  readonly #directory = temporaryDirectory();
  readonly #path = join(this.#directory.path, 'control.sock');
  #server = createServer();

  constructor() {
    const { logger: log } = this.log;
    const absent = (): string | null => this.absent;
    this.watch = new ForkerWatch({ controlSocket: this.#path, log, absent });
    this.watch.obey((drain) => this.follow(drain));
  }

  async serve(listener: RequestListener): Promise<void> {
    this.#server = createServer(listener);
    await new Promise<void>((resolve) => this.#server.listen(this.#path, resolve));
  }

  async lose(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watch[Symbol.dispose]();
    if (this.#server.listening) await this.lose();
    this.#directory[Symbol.dispose]();
  }
}

const drain: EventBody = { kind: 'forker.draining', draining: true, actor: 'ops' };
const undrain: EventBody = { kind: 'forker.draining', draining: false, actor: 'ops' };
const stop: EventBody = { ...drain, actor: 'stop', stopping: true };

/** A fork service that has published some events before it is heard, and publishes others then. */
interface Told {
  readonly before?: readonly EventBody[];
  readonly then?: readonly EventBody[];
}

/**
 * What the gateway is told to do by fork services that run one after the other, each with a log of
 * its own. The feed is lost between two of them.
 */
async function acts(...services: readonly Told[]): Promise<string[]> {
  await using watched = new Watched();
  for (const [index, { before = [], then = [] }] of services.entries()) {
    const log = new EventLog({ epoch: `e${index}`, version: '0', now: () => new Date(0) });
    // By the outage it is known how far the gateway has heard.
    const mark = async (outage: string): Promise<void> => {
      log.publish({ kind: 'forker.outage', outage });
      await until(outage, () => watched.watch.outage === outage);
    };
    for (const event of before) log.publish(event);
    await watched.serve((request, response) => serveFeed(log, request, response));
    await mark(`beginning of ${index}`);
    for (const event of then) log.publish(event);
    await mark(`end of ${index}`);
    await watched.lose();
    await until('the loss', () => watched.watch.outage === null);
  }
  return watched.told;
}

test('only a change of the fork service’s word counts, and none of it while it is away', async () => {
  assert.deepEqual(await acts({}, {}), []);
  assert.deepEqual(await acts({ then: [drain] }, { before: [drain] }), ['drain']);
  assert.deepEqual(await acts({ before: [drain] }, { before: [drain] }), ['drain']);
  const drains = await acts({ before: [drain] }, {}, { then: [drain] });
  assert.deepEqual(drains, ['drain', 'undrain', 'drain']);
});

test('a stop of the fork service is no drain, and does not end one', async () => {
  assert.deepEqual(await acts({ then: [stop] }, { before: [stop] }), []);
  const stopped = await acts({ then: [drain, stop] }, { before: [drain, stop] });
  assert.deepEqual(stopped, ['drain']);
});

test('a drain that is taken back at once is taken back here too', async () => {
  assert.deepEqual(await acts({ then: [drain, undrain] }), ['drain', 'undrain']);
  assert.deepEqual(await acts({ then: [undrain] }), ['undrain']);
});

test('a fork service that talks nonsense changes nothing', async () => {
  await using watched = new Watched();
  const hello = '{"type":"hello","epoch":"e","serverTime":"","version":"1"}\n';
  const nonsense = [
    'no JSON\n',
    '{}\n',
    'null\n',
    `${hello}{"type":"event","event":{"kind":"forker.draining","draining":true,"actor":"x","seq":7}}\n`,
  ];
  let asked = 0;
  await watched.serve((_request, response) => {
    response.end(nonsense[asked % nonsense.length]);
    asked += 1;
  });
  await until('all of it to be heard', () => asked > 2 * nonsense.length);
  assert.deepEqual(watched.told, []);
});

test('a gateway that cannot follow says so, and goes on listening', async () => {
  await using watched = new Watched();
  const { told, log } = watched;
  watched.follow = (order) => {
    told.push(order === null ? 'undrain' : 'drain');
    return Promise.reject(new Error('it is stopping'));
  };
  const events = new EventLog({ epoch: 'e', version: '0', now: () => new Date(0) });
  await watched.serve((request, response) => serveFeed(events, request, response));
  events.publish(drain);
  await until('the first word', () => told.length === 1);
  events.publish(undrain);
  await until('the second word', () => told.length === 2);
  assert.deepEqual(told, ['drain', 'undrain']);
  await until(
    'both to be told',
    () => log.named('drain of the fork service not followed').length === 2,
  );
});

test('why a fork service is away is asked for when somebody wants to know', async () => {
  await using watched = new Watched();
  await watched.watch.heard(60_000);
  assert.equal(watched.watch.outage, null);
  watched.absent = 'the fork service does not run: stopped';
  assert.equal(watched.watch.outage, watched.absent);
});

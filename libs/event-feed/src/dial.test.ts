import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { RequestListener } from 'node:http';
import type { FeedMessage } from '@hatchery/events';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { dialFeed, type FeedConnection } from './dial.ts';
import { newTestLog, numbered, numbersIn, publishOn, serveOn } from './feed.test-support.ts';

/** A reader that writes down what it is told. */
class Reader implements AsyncDisposable {
  readonly messages: FeedMessage[] = [];
  readonly connections: (true | string)[] = [];
  readonly feed: FeedConnection;

  constructor(path: string) {
    this.feed = dialFeed(path, {
      message: (message) => this.messages.push(message),
      connection: (state) => this.connections.push(state.up || state.error.message),
    });
  }

  /** Waits until the feed has been down for a reason that matches. */
  async failed(pattern: RegExp): Promise<void> {
    await until(`${String(pattern)} from ${this.connections.join('; ')}`, () =>
      this.connections.some((state) => typeof state === 'string' && pattern.test(state)),
    );
  }

  async reached(seq: number): Promise<void> {
    await until(`event ${seq}`, () => this.feed.position?.seq === seq);
  }

  get types(): string[] {
    return this.messages.map(({ type }) => type).filter((type) => type !== 'heartbeat');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.feed[Symbol.asyncDispose]());
  }
}

const hello = '{"type":"hello","format":1,"epoch":"e1","serverTime":"","version":"1"}\n';
const snapshot = '{"type":"snapshot","epoch":"e1","seq":4,"view":{}}\n';

/** Answers the first dial with `first`, and tells the query of every dial. */
function scripted(
  queries: string[],
  first: (response: Parameters<RequestListener>[1]) => void,
): RequestListener {
  return (request, response) => {
    queries.push(request.url ?? '');
    if (queries.length === 1) first(response);
    else response.writeHead(200).write(hello);
  };
}

describe('dialFeed', () => {
  it('reads a feed, and says that it is up when it is greeted', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    await using _publisher = await publishOn(path, log);
    await using reader = new Reader(path);
    await until('the greeting', () => reader.connections.length > 0);
    log.publish(numbered(1));
    await reader.reached(1);
    assert.deepEqual(reader.connections, [true]);
    assert.deepEqual(reader.types, ['hello', 'snapshot', 'event']);
  });

  it('gets exactly what it missed while the publisher did not listen', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    const first = await publishOn(path, log);
    await using reader = new Reader(path);
    await reader.reached(0);
    log.publish(numbered(1));
    await reader.reached(1);
    await first[Symbol.asyncDispose]();
    await until('the feed to be down', () => reader.connections.length === 2);
    for (const number of [2, 3]) log.publish(numbered(number));
    await using _second = await publishOn(path, log);
    await reader.reached(3);
    assert.equal(reader.types.filter((type) => type === 'snapshot').length, 1);
    assert.deepEqual(numbersIn(reader.messages), [1, 2, 3]);
    assert.equal(reader.connections.at(-1), true);
  });

  it('refuses a feed of another version, or without one, in words, and takes nothing of it', async () => {
    for (const format of [2, undefined]) {
      using directory = temporaryDirectory();
      const path = join(directory.path, 'control.sock');
      const hello = { type: 'hello', format, epoch: 'e1', serverTime: '', version: '9' };
      const event = { type: 'event', event: { kind: 'zygote.off', seq: 1, at: '' } };
      await using _publisher = await serveOn(path, (_, response) => {
        response.write(`${JSON.stringify(hello)}\n${JSON.stringify(event)}\n`);
      });
      await using reader = new Reader(path);
      await reader.failed(
        /is a feed of events .*; this Hatchery reads version 1; .*hatchery restart$/,
      );
      assert.deepEqual([reader.messages, reader.connections.includes(true)], [[], false]);
    }
  });

  it('gets a snapshot of a publisher that began anew', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const first = await publishOn(path, newTestLog('e1'));
    await using reader = new Reader(path);
    await reader.reached(0);
    await first[Symbol.asyncDispose]();
    const log = newTestLog('e2');
    log.publish(numbered(9));
    await using _second = await publishOn(path, log);
    await until('the new epoch', () => reader.feed.position?.epoch === 'e2');
    assert.deepEqual(reader.feed.position, { epoch: 'e2', seq: 1 });
  });

  it('keeps dialling while nobody listens, and says why', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    await using reader = new Reader(path);
    await reader.failed(/ENOENT/);
    await using _publisher = await publishOn(path, newTestLog());
    await until('the feed to be up', () => reader.connections.at(-1) === true);
  });

  it('dials again when the numbers jump, and asks for a snapshot then', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const queries: string[] = [];
    const jump =
      '{"type":"event","event":{"seq":6,"at":"","kind":"action.done","actionId":"1","outcome":""}}\n';
    await using _publisher = await serveOn(
      path,
      scripted(queries, (response) => response.writeHead(200).write(hello + snapshot + jump)),
    );
    await using reader = new Reader(path);
    await reader.failed(/^the feed jumped from 4 to 6$/);
    await until('another dial', () => queries.length === 2);
    assert.deepEqual(queries, ['/v1/events', '/v1/events']);
    assert.deepEqual(reader.types.slice(0, 2), ['hello', 'snapshot']);
  });

  it('dials again after garbage, and resumes', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const queries: string[] = [];
    await using _publisher = await serveOn(
      path,
      scripted(queries, (response) =>
        response.writeHead(200).write(`${hello}${snapshot}garbage\n`),
      ),
    );
    await using reader = new Reader(path);
    await reader.failed(/JSON/);
    await until('another dial', () => queries.length === 2);
    assert.equal(queries[1], '/v1/events?epoch=e1&seq=4');
  });

  it('dials again after an answer that is no feed', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const queries: string[] = [];
    await using _publisher = await serveOn(
      path,
      scripted(queries, (response) => response.writeHead(503).end()),
    );
    await using reader = new Reader(path);
    await reader.failed(/^the feed answered 503$/);
    await until('another dial', () => queries.length === 2);
  });

  it('dials again when the publisher falls silent', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const queries: string[] = [];
    await using _publisher = await serveOn(
      path,
      scripted(queries, (response) => response.writeHead(200).write(hello + snapshot)),
    );
    await using reader = new Reader(path);
    await reader.failed(/^the feed was silent for 5 s$/);
    await until('another dial', () => queries.length === 2);
  });

  it('dials no more once it is disposed', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const reader = new Reader(path);
    await reader.failed(/ENOENT/);
    await reader[Symbol.asyncDispose]();
    const told = reader.connections.length;
    await using _publisher = await publishOn(path, newTestLog());
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(reader.connections.length, told);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { FeedMessage } from '@hatchery/events';
import { RawClient, temporaryDirectory, until, within } from '@hatchery/testkit';
import {
  newTestLog,
  numbered,
  numbersIn,
  publishOn,
  serveOn,
  spawned,
} from './feed.test-support.ts';
import { readerBufferBytesMax } from './limits.ts';
import { serveFeed } from './serve.ts';

/** Asks for a feed in plain HTTP/1.0, whose body comes as it is. */
async function openFeed(path: string, query = ''): Promise<RawClient> {
  const client = await RawClient.connect(path);
  client.send(`GET /v1/events${query} HTTP/1.0\r\n\r\n`);
  await client.read(/\r\n\r\n/);
  return client;
}

/** The whole messages that have come so far. */
function messagesOf({ text }: RawClient): FeedMessage[] {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  return body
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as FeedMessage);
}

describe('serveFeed', () => {
  it('starts with hello and snapshot, goes on with events, and says that it lives', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    await using _publisher = await publishOn(path, log);
    using client = await openFeed(path);
    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\ncontent-type: application\/x-ndjson\r\n/);
    log.publish(numbered(1));
    await client.read(/"heartbeat","seq":1,/);
    assert.deepEqual(
      messagesOf(client)
        .map(({ type }) => type)
        .slice(0, 3),
      ['hello', 'snapshot', 'event'],
    );
  });

  it('resumes where its reader says', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    for (const number of [1, 2, 3]) log.publish(numbered(number));
    await using _publisher = await publishOn(path, log);
    using client = await openFeed(path, '?epoch=e1&seq=1');
    await client.read(/"actionId":"3"/);
    assert.deepEqual(numbersIn(messagesOf(client)), [2, 3]);
    assert.ok(!messagesOf(client).some(({ type }) => type === 'snapshot'));
  });

  it('answers a position that is none with a snapshot', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    await using _publisher = await publishOn(path, newTestLog());
    for (const query of [
      '?epoch=e1&seq=x',
      '?seq=0',
      '?epoch=e1&seq=-1',
      '?epoch=e1&seq=0.5',
      '?epoch=%zz&seq=0',
    ]) {
      using client = await openFeed(path, query);
      await client.read(/"type":"snapshot"/);
    }
  });

  it('forgets a reader that has left', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    const { promise, resolve } = Promise.withResolvers<void>();
    await using _publisher = await serveOn(path, (request, response) => {
      serveFeed(log, request, response);
      response.on('close', () => resolve());
    });
    const client = await openFeed(path);
    client[Symbol.dispose]();
    await within('the end of the response', promise);
    log.publish(numbered(1));
  });

  it('cuts off a reader that stops reading, while it publishes on', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    const cutOff = Promise.withResolvers<void>();
    await using _publisher = await serveOn(path, (request, response) => {
      serveFeed(log, request, response);
      response.on('close', cutOff.resolve);
    });
    const slow = connect(path).on('error', () => undefined);
    slow.write('GET /v1/events HTTP/1.0\r\n\r\n');
    await once(slow, 'readable');
    // In one go: events that follow the one at which the reader is cut off must do no harm.
    const outcome = 'x'.repeat(10_000);
    for (let bytes = 0; bytes < 4 * readerBufferBytesMax; bytes += outcome.length) {
      log.publish({ kind: 'action.done', actionId: '1', outcome });
    }
    await within('the reader to be cut off', cutOff.promise);
    slow.destroy();
    using next = await openFeed(path);
    await next.read(/"type":"snapshot"/);
  });

  it('keeps nothing for a reader that left before its turn', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    const served = Promise.withResolvers<void>();
    await using _publisher = await serveOn(path, (request, response) => {
      response.once('close', () => {
        serveFeed(log, request, response);
        served.resolve();
      });
      response.flushHeaders();
    });
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
    const client = await RawClient.connect(path);
    client.send('GET /v1/events HTTP/1.0\r\n\r\n');
    await client.read(/\r\n\r\n/);
    const before = timers();
    client[Symbol.dispose]();
    await within('its turn', served.promise);
    assert.ok(timers() <= before);
  });

  it('never takes a long snapshot or a long absence for a slow reader', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    const command = 'x'.repeat(100_000);
    const count = Math.ceil((2 * readerBufferBytesMax) / command.length);
    for (let number = 0; number < count; number += 1) log.publish(spawned(`c${number}`, command));
    await using _publisher = await serveOn(path, (request, response) => {
      serveFeed(log, request, response);
      log.publish(numbered(7));
    });
    for (const query of ['', '?epoch=e1&seq=0']) {
      using client = await openFeed(path, query);
      await until('the event behind it', () => client.text.includes('"actionId":"7"'));
    }
  });
});

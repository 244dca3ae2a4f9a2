import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { FeedMessage } from '@hatchery/events';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { controlRequest, type ControlError } from './control-request.ts';
import { dialFeed, type FeedConnection } from './dial.ts';
import type { EventLog } from './event-log.ts';
import { newTestLog, numbered, publishOn, sampleOf, spawned } from './feed.test-support.ts';

const drained = { kind: 'forker.draining', draining: true, actor: 'ops' } as const;

/** A reader of drains alone. */
class DrainReader implements AsyncDisposable {
  readonly messages: FeedMessage[] = [];
  readonly failures: string[] = [];
  readonly feed: FeedConnection;

  constructor(path: string) {
    const listener = {
      message: (message: FeedMessage) => void this.messages.push(message),
      connection: (state: { up: true } | { up: false; error: Error }) => {
        if (!state.up) this.failures.push(state.error.message);
      },
    };
    this.feed = dialFeed(path, listener, { kinds: ['forker.draining'] });
  }

  get events(): string[] {
    return this.messages.flatMap((one) => (one.type === 'event' ? [one.event.kind] : []));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.feed[Symbol.asyncDispose]());
  }
}

async function withReader(
  play: (reader: DrainReader, log: EventLog, path: string) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'control.sock');
  const log = newTestLog();
  log.publish(spawned('c1'));
  await using _publisher = await publishOn(path, log);
  await using reader = new DrainReader(path);
  await until('the snapshot', () => reader.feed.position !== null);
  await play(reader, log, path);
}

describe('a feed with a filter', () => {
  it('brings the events of these kinds, and neither usage nor anything else', async () => {
    await withReader(async (reader, log) => {
      log.publish({ kind: 'child.usage', samples: [sampleOf('c1', 1)] });
      log.publish(numbered(1));
      log.publish(drained);
      log.publish(numbered(2));
      log.publish({ ...drained, draining: false });
      await until('both drains', () => reader.feed.position?.seq === log.position.seq);
      assert.deepEqual(reader.events, ['forker.draining', 'forker.draining']);
      assert.deepEqual(reader.failures, []);
    });
  });

  it('shows in its snapshot only what its events change', async () => {
    await withReader(async ({ messages }, { view }) => {
      assert.deepEqual(Object.keys(view.children), ['c1']);
      const snapshot = messages.find(({ type }) => type === 'snapshot');
      assert.deepEqual(snapshot?.type === 'snapshot' && snapshot.view, { ...view, children: {} });
    });
  });

  it('is resumed with what was missed of these kinds', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const log = newTestLog();
    const first = await publishOn(path, log);
    await using reader = new DrainReader(path);
    await until('the snapshot', () => reader.feed.position !== null);
    await first[Symbol.asyncDispose]();
    for (const event of [numbered(1), drained, spawned('c1')]) log.publish(event);
    await using _second = await publishOn(path, log);
    await until('the drain', () => reader.events.length > 0);
    assert.deepEqual(reader.events, ['forker.draining']);
    assert.equal(reader.messages.filter(({ type }) => type === 'snapshot').length, 1);
  });

  it('is refused, with its name, for a kind that is none', async () => {
    await withReader(async (_reader, _log, path) => {
      for (const name of ['forker.drain', '', 'constructor', 'forker.draining,x']) {
        const asked = controlRequest(path, 'GET', `/v1/events?kinds=${name}`);
        await assert.rejects(asked, (error: ControlError) => {
          assert.equal(error.status, 400);
          return /there is no kind of event '(forker.drain|x|constructor|)'/.test(error.message);
        });
      }
    });
  });
});

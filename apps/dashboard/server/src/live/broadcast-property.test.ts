import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  emptyView,
  reduce,
  type EventBody,
  type LiveMessage,
  type LivePosition,
  type View,
} from '@hatchery/events';
import { aChild, aUsage, exited } from '../../test-support/fake-forker.ts';
import { clientBufferBytesMax, usageHeldAboveBytes } from '../limits.ts';
import { LiveLog } from '../read-model/live-log.ts';
import { Broadcast } from './broadcast.ts';
import type { LiveClient, LiveSocket } from './live-client.ts';

const feed = { up: true, since: '', heardAt: '' } as const;
const server = { hz: 4, role: 'viewer', build: '', host: '', drainTimeoutS: 600, feed } as const;
const hello = { type: 'hello', epoch: 'e', serverTime: '', ...server } as const;

/**
 * A page whose connection may be slow or cut; it asserts that nothing arrives with a hole in it.
 */
class Page implements LiveSocket {
  bufferedBytes = 0;
  view: View = emptyView;
  position: LivePosition = { epoch: '', seq: 0, round: 0 };
  client: LiveClient | null = null;
  readonly #arriving: LiveMessage[] = [];

  send(frame: Buffer): void {
    this.#arriving.push(JSON.parse(frame.toString()) as LiveMessage);
  }

  close(): void {
    this.client = null;
  }

  /**
   * Delivers what the connection has taken: all of it, or the first `count` messages when the
   * connection is cut.
   */
  read(count = this.#arriving.length): void {
    for (const message of this.#arriving.splice(0).slice(0, count)) this.#fold(message);
  }

  #fold(message: LiveMessage): void {
    const { seq, round } = this.position;
    if (message.type === 'snapshot') {
      this.view = message.view;
      this.position = { epoch: message.epoch, seq: message.seq, round: message.round };
    } else if (message.type === 'event') {
      assert.equal(message.event.seq, seq + 1, 'no event is missing or repeated');
      this.view = reduce(this.view, message.event);
      this.position = { ...this.position, seq: message.event.seq };
    } else if (message.type === 'usage') {
      assert.ok(
        message.after <= round && message.seq <= seq,
        'no round is missing, nor an event that it builds on',
      );
      this.view = reduce(this.view, { kind: 'child.usage', samples: message.samples });
      this.position = { ...this.position, round: message.round };
    } else if (message.type === 'heartbeat') {
      assert.deepEqual(
        [message.seq, message.round],
        [seq, round],
        'a heartbeat claims only what was sent',
      );
    }
  }
}

class World {
  now = 0;
  readonly log = new LiveLog({ epoch: 'e', eventsKept: 5 });
  readonly broadcast = new Broadcast(this.log, () => this.now);
  readonly pages = [new Page(), new Page(), new Page()] as const;

  happen(body: EventBody): void {
    const told = this.log.fold({ type: 'event', event: { ...body, seq: 0, at: '' } });
    if (told !== null) this.broadcast.publish(told);
  }

  round(): void {
    const told = this.log.closeRound();
    if (told?.type === 'usage') this.broadcast.publishUsage(told);
  }

  dial(page: Page): void {
    if (page.client !== null) this.broadcast.remove(page.client);
    page.read(0);
    page.bufferedBytes = 0;
    page.client = this.broadcast.add(page, hello);
    this.broadcast.resume(page.client, page.position);
  }

  /** The connection ends after the first `count` messages under way. */
  cut(page: Page, count: number): void {
    if (page.client !== null) this.broadcast.remove(page.client);
    page.client = null;
    page.read(count);
  }
}

const ids = fc.constantFrom('c1', 'c2', 'c3');
const pages = fc.constantFrom(0, 1, 2);
const lags = fc.constantFrom(0, usageHeldAboveBytes + 1, 3 * clientBufferBytesMax);
const steps = fc.array(
  fc.oneof(
    ids.map((id) => (world: World) => world.happen({ kind: 'child.spawned', child: aChild(id) })),
    ids.map((id) => (world: World) => world.happen(exited(id))),
    fc.tuple(ids, fc.nat(99)).map(([id, cpu]) => (world: World) => {
      world.happen({ kind: 'child.usage', samples: [{ id, usage: aUsage(cpu) }] });
      world.round();
    }),
    fc.nat(3_000).map((ms) => (world: World) => void (world.now += ms)),
    fc.constant((world: World) => world.broadcast.beat('', feed)),
    pages.map((page) => (world: World) => world.dial(world.pages[page])),
    fc.tuple(pages, fc.nat(4)).map(
      ([page, count]) =>
        (world: World) =>
          world.cut(world.pages[page], count),
    ),
    fc.tuple(pages, lags).map(
      ([page, bytes]) =>
        (world: World) =>
          void (world.pages[page].bufferedBytes = bytes),
    ),
    pages.map((page) => (world: World) => world.pages[page].read()),
  ),
  { maxLength: 60 },
);

/** Usage is live: a page that was disconnected does not get a child's last usage. */
function live(view: View): View {
  return {
    ...view,
    recentChildren: view.recentChildren.map((child) => ({ ...child, usage: null })),
  };
}

test('slow, cut off and back again at any time, every page ends with the view of the server', () => {
  fc.assert(
    fc.property(steps, (run) => {
      const world = new World();
      for (const step of run) step(world);
      for (const page of world.pages) {
        page.bufferedBytes = 0;
        if (page.client?.closed !== false) world.dial(page);
      }
      // An owed answer may wait for a second, held usage for the beat after that.
      for (let beat = 0; beat < 2; beat += 1) {
        world.now += 1_000;
        world.broadcast.beat('', feed);
      }
      for (const page of world.pages) {
        page.read();
        assert.deepEqual(page.position, world.log.position);
        assert.deepEqual(live(page.view), live(world.log.view));
      }
    }),
    { numRuns: 1_000 },
  );
});

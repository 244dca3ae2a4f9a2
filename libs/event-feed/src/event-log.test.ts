import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  emptyView,
  reduce,
  type EventBody,
  type FeedMessage,
  type FeedPosition,
  type View,
} from '@hatchery/events';
import fc from 'fast-check';
import type { EventLog } from './event-log.ts';
import { newTestLog, numbered, numbersIn, sampleOf, spawned } from './feed.test-support.ts';

/** What a reader gets that comes now. */
function readFrom(log: EventLog, from: FeedPosition | null): FeedMessage[] {
  const messages: FeedMessage[] = [];
  using _subscription = log.subscribe(from, (message) => messages.push(message));
  return messages;
}

function logWith(count: number, eventsKept?: number): EventLog {
  const log = newTestLog('e1', eventsKept);
  for (let number = 1; number <= count; number += 1) log.publish(numbered(number));
  return log;
}

describe('EventLog', () => {
  it('greets a new reader, shows it everything, and goes on with numbered events', () => {
    const log = logWith(2);
    const messages: FeedMessage[] = [];
    using _subscription = log.subscribe(null, (message) => messages.push(message));
    log.publish(spawned('c1'));
    assert.deepEqual(messages.slice(0, 2), [
      {
        type: 'hello',
        format: 1,
        epoch: 'e1',
        serverTime: '1970-01-01T00:00:00.000Z',
        version: '1',
      },
      { type: 'snapshot', epoch: 'e1', seq: 2, view: emptyView },
    ]);
    const last = messages[2];
    assert.equal(last?.type === 'event' && last.event.seq, 3);
    assert.deepEqual(log.position, { epoch: 'e1', seq: 3 });
    assert.deepEqual(Object.keys(log.view.children), ['c1']);
  });

  it('gives a reader exactly what it missed', () => {
    const log = logWith(5);
    assert.deepEqual(numbersIn(readFrom(log, { epoch: 'e1', seq: 3 })), [4, 5]);
    const messages = readFrom(log, { epoch: 'e1', seq: 5 });
    assert.deepEqual(
      messages.map(({ type }) => type),
      ['hello'],
    );
  });

  it('gives a snapshot to a reader that missed more than is kept, never a part', () => {
    const log = logWith(100, 10);
    assert.deepEqual(
      numbersIn(readFrom(log, { epoch: 'e1', seq: 90 })),
      [91, 92, 93, 94, 95, 96, 97, 98, 99, 100],
    );
    assert.deepEqual(
      readFrom(log, { epoch: 'e1', seq: 70 }).map(({ type }) => type),
      ['hello', 'snapshot'],
    );
  });

  it('gives a snapshot to a reader of another epoch, or from the future', () => {
    const log = logWith(3);
    for (const from of [
      { epoch: 'e0', seq: 2 },
      { epoch: 'e1', seq: 4 },
    ]) {
      assert.deepEqual(
        readFrom(log, from).map(({ type }) => type),
        ['hello', 'snapshot'],
      );
    }
  });

  it('tells nothing more to a reader that has left', () => {
    const log = logWith(0);
    const messages: FeedMessage[] = [];
    log.subscribe(null, (message) => messages.push(message))[Symbol.dispose]();
    log.publish(numbered(1));
    assert.deepEqual(numbersIn(messages), []);
  });

  // With every sample of every second kept, a busy service grew by gigabytes within hours.
  it('gives usage no number, keeps none of it, and shows a reader that resumes the latest of each child', () => {
    const log = newTestLog();
    for (const id of ['a', 'b']) log.publish(spawned(id));
    log.publish({ kind: 'child.usage', samples: [sampleOf('a', 1), sampleOf('b', 1)] });
    log.publish({ kind: 'child.usage', samples: [sampleOf('a', 2)] });
    log.publish(numbered(3));
    const events = readFrom(log, { epoch: 'e1', seq: 2 }).flatMap((message) =>
      message.type === 'event' ? [message.event] : [],
    );
    assert.deepEqual(
      events.map((event) => [event.seq, event.kind === 'child.usage' ? event.samples : event.kind]),
      [
        [3, 'action.done'],
        [3, [sampleOf('a', 2), sampleOf('b', 1)]],
      ],
    );
    assert.equal(log.kept.length, 3);
  });

  it('leads every reader, from wherever it resumes, to the same view', () => {
    const id = fc.constantFrom('a', 'b', 'c');
    const body = fc.oneof<fc.Arbitrary<EventBody>[]>(
      id.map((one) => spawned(one)),
      id.map((one) => ({
        kind: 'child.connected',
        id: one,
        connectedAt: '1970-01-01T00:00:01.000Z',
      })),
      fc.uniqueArray(id).chain((ids) =>
        fc.nat().map((rss): EventBody => ({
          kind: 'child.usage',
          samples: ids.map((one) => sampleOf(one, rss)),
        })),
      ),
      id.map((one) => ({
        kind: 'child.exited',
        id: one,
        endedAt: '',
        exit: { code: 0, signal: null, status: 0 },
        rusage: null,
        cause: 'finished',
      })),
    );
    fc.assert(
      fc.property(
        fc.array(body),
        fc.array(body),
        fc.integer({ min: 1, max: 5 }),
        (before, missed, eventsKept) => {
          const log = newTestLog('e1', eventsKept);
          for (const event of before) log.publish(event);
          const reader = { position: log.position, view: log.view };
          for (const event of missed) log.publish(event);
          assert.deepEqual(follow(reader.view, readFrom(log, reader.position)), log.view);
        },
      ),
    );
  });
});

function follow(view: View, messages: readonly FeedMessage[]): View {
  return messages.reduce((known, message) => {
    if (message.type === 'snapshot') return message.view;
    return message.type === 'event' ? reduce(known, message.event) : known;
  }, view);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  emptyView,
  reduce,
  type Event,
  type EventBody,
  type FeedMessage,
  type LiveMessage,
  type View,
} from '@hatchery/events';
import { aChild, aUsage, exited } from '../../test-support/fake-forker.ts';
import { LiveLog } from './live-log.ts';

const newLog = (eventsKept = 100): LiveLog => new LiveLog({ epoch: 'e', eventsKept });

function feedEvent(body: EventBody, seq = 0): FeedMessage {
  return { type: 'event', event: { ...body, seq, at: '2026-11-21T00:00:00.000Z' } };
}

const spawned = (id: string): FeedMessage =>
  feedEvent({ kind: 'child.spawned', child: aChild(id) });
const sampled = (id: string, cpu: number): FeedMessage =>
  feedEvent({ kind: 'child.usage', samples: [{ id, usage: aUsage(cpu) }] });

test('events get numbers of their own, whatever the feed calls them', () => {
  const log = newLog();
  const first = log.fold({ ...(spawned('c1') as { type: 'event'; event: Event }) });
  const second = log.fold(feedEvent({ kind: 'forker.draining', draining: true, actor: 'bo' }, 900));
  assert.deepEqual(
    [first, second].map((told) => told?.type === 'event' && told.event.seq),
    [1, 2],
  );
});

test('usage waits for its round, and the latest of each child wins', () => {
  const log = newLog();
  log.fold(spawned('c1'));
  assert.equal(log.fold(sampled('c1', 10)), null);
  assert.equal(log.fold(sampled('c1', 20)), null);
  assert.equal(log.view.children['c1']?.usage, null, 'the view holds what was told, no more');
  const told = log.closeRound();
  assert.ok(told?.type === 'usage');
  assert.deepEqual(
    told.samples.map((sample) => sample.usage.cpuPercent),
    [20],
  );
  assert.deepEqual([told.after, told.round], [0, 1]);
  assert.equal(log.closeRound(), null, 'a round without samples is not told');
});

test('usage of a child that is not known, or has ended, is never told', () => {
  const log = newLog();
  log.fold(sampled('nobody', 5));
  log.fold(spawned('c1'));
  log.fold(sampled('c1', 5));
  log.fold(feedEvent(exited('c1')));
  assert.equal(log.closeRound(), null);
});

test('a browser gets exactly the events it missed, then the merged usage', () => {
  const log = newLog();
  log.fold(spawned('c1'));
  const stood = log.position;
  log.fold(spawned('c2'));
  log.fold(sampled('c1', 10));
  log.closeRound();
  log.fold(sampled('c1', 30));
  log.closeRound();
  const [event, usage, ...rest] = log.since(stood);
  assert.ok(event?.type === 'event' && usage?.type === 'usage');
  assert.equal(event.event.seq, 2);
  assert.deepEqual([usage.after, usage.round, usage.samples.length], [0, 2, 1]);
  assert.equal(usage.samples[0]?.usage.cpuPercent, 30);
  assert.deepEqual(rest, []);
});

test('a browser that missed nothing is told nothing', () => {
  const log = newLog();
  log.fold(spawned('c1'));
  assert.deepEqual(log.since(log.position), []);
});

for (const [name, from] of [
  ['of another run of the server', { epoch: 'before', seq: 1, round: 0 }],
  ['that claims more events than there were', { epoch: 'e', seq: 99, round: 0 }],
  ['that claims more rounds than there were', { epoch: 'e', seq: 1, round: 7 }],
] as const) {
  test(`a position ${name} is answered with a snapshot`, () => {
    const log = newLog();
    log.fold(spawned('c1'));
    assert.deepEqual(log.since(from), [log.snapshot()]);
  });
}

test('a browser that was away for longer than events are kept gets a snapshot', () => {
  const log = newLog(4);
  for (let number = 1; number <= 9; number += 1) log.fold(spawned(`c${number}`));
  assert.equal(log.since({ epoch: 'e', seq: 1, round: 0 })[0]?.type, 'snapshot');
  assert.equal(log.since({ epoch: 'e', seq: 7, round: 0 }).length, 2);
});

test('a snapshot from the feed is told as one, and nobody resumes across it', () => {
  const log = newLog();
  log.fold(spawned('c1'));
  log.fold(sampled('c1', 10));
  const before = log.position;
  const told = log.fold({ type: 'snapshot', epoch: 'two', seq: 0, view: emptyView });
  assert.equal(told?.type, 'snapshot');
  assert.equal(log.closeRound(), null, 'samples from before it are forgotten');
  assert.deepEqual(log.since(before), [log.snapshot()]);
});

/**
 * A browser that believes every message: enough to check that the messages, in order, are the whole
 * truth.
 */
function believe(view: View, message: LiveMessage): View {
  if (message.type === 'snapshot') return message.view;
  if (message.type === 'event') return reduce(view, message.event);
  if (message.type === 'usage')
    return reduce(view, { kind: 'child.usage', samples: message.samples });
  return view;
}

const ids = fc.constantFrom('c1', 'c2', 'c3', 'c4');
const steps = fc.array(
  fc.oneof(
    ids.map((id) => ({ feed: spawned(id) })),
    ids.map((id) => ({ feed: feedEvent(exited(id)) })),
    fc.tuple(ids, fc.nat(100)).map(([id, cpu]) => ({ feed: sampled(id, cpu) })),
    fc.constant({ feed: { type: 'snapshot', epoch: 'x', seq: 0, view: emptyView } }),
    fc.constant({ round: true }),
    fc.constant({ resume: true }),
  ),
  { maxLength: 60 },
);

test('whoever hears everything, or resumes now and then, ends with the view of the server', () => {
  fc.assert(
    fc.property(steps, (run) => {
      const log = newLog(6);
      let faithful: View = emptyView;
      let returning = { view: emptyView, position: { epoch: '', seq: 0, round: 0 } };
      const catchUp = (): void => {
        returning = {
          view: log.since(returning.position).reduce(believe, returning.view),
          position: log.position,
        };
      };
      for (const step of run) {
        const told =
          'feed' in step ? log.fold(step.feed) : 'round' in step ? log.closeRound() : null;
        if (told !== null) faithful = believe(faithful, told);
        if ('resume' in step) catchUp();
      }
      catchUp();
      assert.deepEqual(faithful, log.view);
      assert.deepEqual(withoutEndedUsage(returning.view), withoutEndedUsage(log.view));
    }),
    { numRuns: 1_000 },
  );
});

/**
 * Usage is live: what a child used last before its end is not told to those who were away, its
 * rusage is.
 */
function withoutEndedUsage(view: View): View {
  return {
    ...view,
    recentChildren: view.recentChildren.map((child) => ({ ...child, usage: null })),
  };
}

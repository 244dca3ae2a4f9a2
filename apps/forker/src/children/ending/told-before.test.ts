import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyView, reduce, type Event, type EventBody, type View } from '@hatchery/events';
import { newTestChild } from '../forking/child.test-support.ts';
import { stopActor, toldBefore } from './told-before.ts';

const exit = { code: 0, signal: null, status: 0 };
const drained = (draining: boolean, actor: string): EventBody => ({
  kind: 'forker.draining',
  draining,
  actor,
  ...(actor === stopActor && { stopping: true }),
});

/** What a run leaves that has told these, with the events or with the view they come to alone. */
function after(bodies: readonly EventBody[], kept = true): ReturnType<typeof toldBefore> {
  const events = bodies.map((body, index): Event => ({ ...body, seq: index + 1, at: '' }));
  return toldBefore({ view: events.reduce<View>(reduce, emptyView), kept: kept ? events : [] });
}

describe('toldBefore', () => {
  it('knows why children are being ended, and whose end is on record', () => {
    const { causes, ended, draining } = after([
      { kind: 'child.spawned', child: newTestChild() },
      { kind: 'child.stopping', id: 'c1', cause: 'SIGTERM by ops: runaway' },
      { kind: 'child.exited', id: 'c2', endedAt: '', exit, rusage: null, cause: 'finished' },
    ]);
    assert.deepEqual(
      [[...causes], [...ended], draining],
      [[['c1', 'SIGTERM by ops: runaway']], ['c2'], false],
    );
  });

  it('takes an operator’s drain for one that holds, and that of a stop for one that has ended', () => {
    assert.equal(after([drained(true, 'ops')]).draining, true);
    assert.equal(after([drained(true, 'ops'), drained(true, stopActor)]).draining, false);
    assert.equal(after([drained(true, 'ops'), drained(false, 'ops')]).draining, false);
  });

  it('knows until when an operator’s drain lets clients go on, and of no other', () => {
    const deadline = '2026-01-01T00:00:00.000Z';
    const until = { ...drained(true, 'ops'), deadline } as EventBody;
    assert.deepEqual(after([until]).drainDeadline, new Date(deadline));
    assert.deepEqual(after([until], false).drainDeadline, new Date(deadline));
    assert.equal(after([drained(true, 'ops')]).drainDeadline, null);
    assert.equal(after([until, drained(false, 'ops')]).drainDeadline, null);
    assert.equal(
      after([until, { ...drained(true, stopActor), deadline } as EventBody]).drainDeadline,
      null,
    );
  });

  it('keeps the service drained when it is too long ago to tell by whom', () => {
    assert.equal(after([drained(true, 'ops')], false).draining, true);
  });
});

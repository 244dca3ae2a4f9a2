// Long: a test for each event that the view folds.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Child, ChildUsage } from './child.ts';
import type { EventBody } from './event.ts';
import type { Lock, LockParty } from './lock.ts';
import { emptyView, recentChildrenMax, reduce, type View, ViewDraft } from './view.ts';

const child: Child = {
  id: 'c1',
  pid: 7,
  startTime: 1,
  user: 'alice',
  peer: null,
  command: 'rocks',
  state: 'waiting',
  startedAt: '2026-01-01T00:00:00.000Z',
  connectedAt: null,
  endedAt: null,
  exit: null,
  usage: null,
  rusage: null,
};
const usage: ChildUsage = {
  cpuPercent: 1,
  rssBytes: 2,
  pssBytes: 3,
  privateBytes: 4,
  readBytes: 5,
  writeBytes: 6,
  minorFaults: 7,
  majorFaults: 8,
};
const party: LockParty = {
  childId: 'c1',
  pid: 7,
  user: 'alice',
  host: 'h',
  command: null,
  since: null,
};
const lock: Lock = {
  id: 'l1',
  kind: 'branch',
  path: '~alice/p/trunk',
  name: 'trunk',
  holder: party,
  waiters: [],
  condition: 'held',
  nonce: 'n',
  reasons: [],
};
const spawned: EventBody = { kind: 'child.spawned', child };
const connectedAt = '2026-01-01T00:00:01.000Z';
const connected: EventBody = { kind: 'child.connected', id: 'c1', connectedAt };
const exited: EventBody = {
  kind: 'child.exited',
  id: 'c1',
  endedAt: '2026-01-01T00:00:02.000Z',
  exit: { code: 0, signal: null, status: 0 },
  rusage: null,
  cause: 'finished',
};

function viewAfter(...events: readonly EventBody[]): View {
  return events.reduce<View>(reduce, emptyView);
}

describe('reduce, of children', () => {
  it('follows one from its fork to its end', () => {
    assert.deepEqual(viewAfter(spawned).children, { c1: child });
    assert.deepEqual(viewAfter(spawned, connected).children['c1'], {
      ...child,
      state: 'running',
      connectedAt,
    });
    const stopping = viewAfter(spawned, connected, {
      kind: 'child.stopping',
      id: 'c1',
      cause: 'ops',
    });
    assert.equal(stopping.children['c1']?.state, 'stopping');
    const { children, recentChildren } = viewAfter(spawned, connected, exited);
    assert.deepEqual(children, {});
    const ended = { state: 'exited', endedAt: exited.endedAt, exit: exited.exit };
    assert.deepEqual(recentChildren, [{ ...child, connectedAt, ...ended }]);
  });

  it('takes the latest usage of each', () => {
    const samples = [{ id: 'c1', usage }];
    assert.deepEqual(viewAfter(spawned, { kind: 'child.usage', samples }).children['c1'], {
      ...child,
      usage,
    });
  });

  it('remembers the last that ended, newest first, and no more than it may', () => {
    const events = Array.from({ length: recentChildrenMax + 5 }, (_, index): EventBody[] => [
      { kind: 'child.spawned', child: { ...child, id: `c${index}` } },
      { ...exited, id: `c${index}` },
    ]).flat();
    const { recentChildren } = viewAfter(...events);
    assert.equal(recentChildren.length, recentChildrenMax);
    assert.equal(recentChildren[0]?.id, `c${recentChildrenMax + 4}`);
  });

  it('changes nothing for one it does not know', () => {
    const known = viewAfter(spawned);
    const others: EventBody[] = [
      { ...connected, id: 'c2' },
      { kind: 'child.stopping', id: 'c2', cause: 'x' },
      { ...exited, id: 'c2' },
      { kind: 'child.usage', samples: [{ id: 'c2', usage }] },
    ];
    for (const event of others) assert.deepEqual(reduce(known, event), known, event.kind);
  });

  it('does not bring one back that has ended', () => {
    assert.deepEqual(viewAfter(spawned, exited, connected), viewAfter(spawned, exited));
    assert.deepEqual(viewAfter(spawned, exited, exited), viewAfter(spawned, exited));
  });
});

describe('reduce, of locks', () => {
  const acquired: EventBody = { kind: 'lock.acquired', lock };

  it('follows one from its taking to its release or its breaking', () => {
    assert.deepEqual(viewAfter(acquired).locks, { l1: lock });
    const contended = viewAfter(acquired, { kind: 'lock.contended', id: 'l1', waiter: party });
    assert.deepEqual(contended.locks['l1']?.waiters, [party]);
    assert.deepEqual(viewAfter(acquired, { kind: 'lock.released', id: 'l1' }).locks, {});
    assert.deepEqual(
      viewAfter(acquired, { kind: 'lock.broken', id: 'l1', actor: 'ops', before: lock }).locks,
      {},
    );
  });

  it('changes nothing for one it does not know', () => {
    const known = viewAfter(acquired);
    assert.deepEqual(reduce(known, { kind: 'lock.contended', id: 'l2', waiter: party }), known);
    assert.deepEqual(reduce(known, { kind: 'lock.released', id: 'l2' }), known);
    assert.deepEqual(
      reduce(known, { kind: 'lock.broken', id: 'l2', actor: 'ops', before: lock }),
      known,
    );
  });
});

describe('reduce, of the service', () => {
  it('knows what the zygote does, and why it cannot', () => {
    assert.deepEqual(emptyView.zygote, { state: 'starting' });
    assert.deepEqual(viewAfter({ kind: 'zygote.off' }).zygote, { state: 'off' });
    const ready = viewAfter({ kind: 'zygote.ready', pid: 9, startedInMs: 100 });
    assert.deepEqual(ready.zygote, { state: 'ready', pid: 9 });
    const failure = { step: 'freezing', message: 'no', retryInMs: null, servingPid: null };
    const failed = reduce(ready, { kind: 'zygote.failed', ...failure });
    assert.deepEqual(failed.zygote, { state: 'failed', step: 'freezing', message: 'no' });
  });

  it('knows whether it drains', () => {
    const drained = viewAfter({ kind: 'forker.draining', draining: true, actor: 'ops' });
    assert.deepEqual([drained.draining, drained.drainedBy], [true, 'ops']);
    const undrained = reduce(drained, { kind: 'forker.draining', draining: false, actor: 'bo' });
    assert.deepEqual(undrained, emptyView, 'and nobody is named for what is over');
    const deadline = '2026-01-01T00:00:00.000Z';
    const dated = reduce(drained, {
      kind: 'forker.draining',
      draining: true,
      actor: 'ops',
      deadline,
    });
    assert.equal(dated.drainDeadline, deadline);
    assert.deepEqual(
      reduce(dated, { kind: 'forker.draining', draining: false, actor: 'bo' }),
      emptyView,
    );
    const undated = reduce(dated, { kind: 'forker.draining', draining: true, actor: 'stop' });
    assert.equal(
      undated.drainDeadline,
      undefined,
      'the deadline of one drain is not that of the next',
    );
  });

  it('knows why it drains, as long as it is the drain that was asked for', () => {
    const why = {
      kind: 'forker.draining',
      draining: true,
      actor: 'ops',
      reason: 'new disks',
    } as const;
    const drained = viewAfter(why);
    assert.equal(drained.drainReason, 'new disks');
    assert.deepEqual(
      reduce(drained, { kind: 'forker.draining', draining: false, actor: 'bo' }),
      emptyView,
    );
    const moved = reduce(drained, { ...why, actor: 'bo' });
    assert.deepEqual([moved.drainedBy, moved.drainReason], ['bo', 'new disks']);
    const stop = {
      kind: 'forker.draining',
      draining: true,
      actor: 'stop',
      stopping: true,
    } as const;
    const stopped = reduce(drained, stop);
    assert.equal(stopped.drainReason, undefined, 'a stop has another reason');
    assert.equal(stopped.stopping, true);
    assert.deepEqual(
      reduce(stopped, { kind: 'forker.draining', draining: false, actor: 'start' }),
      emptyView,
    );
  });

  it('knows why no session can be started, until one can', () => {
    const outage = 'the keeper gives no answer';
    const out = viewAfter({ kind: 'forker.outage', outage });
    assert.equal(out.outage, outage);
    assert.deepEqual(reduce(out, { kind: 'forker.outage', outage: null }), emptyView);
  });

  it('leaves the view as it is for what only the history tells', () => {
    const view = viewAfter(spawned);
    const bytes = { in: 0, out: 0, err: 0 };
    const phasesMs = { auth: null, exec: null, forked: null, firstByte: null, end: null };
    const events: EventBody[] = [
      {
        kind: 'session.opened',
        sessionId: 's',
        childId: 'c1',
        user: 'alice',
        peer: 'p',
        command: 'c',
      },
      { kind: 'session.spawned', sessionId: 's', childId: 'spawned-1', reason: 'away' },
      { kind: 'session.refused', user: null, peer: 'p', reason: 'r' },
      { kind: 'session.closed', sessionId: 's', childId: 'c1', reason: 'r', bytes, phasesMs },
      {
        kind: 'action.requested',
        actionId: 'a',
        actor: 'ops',
        verb: 'v',
        target: 't',
        reason: 'r',
      },
      { kind: 'action.done', actionId: 'a', outcome: 'done' },
    ];
    for (const event of events) assert.equal(reduce(view, event), view, event.kind);
  });

  it('refuses an event it was not made for', () => {
    assert.throws(() => reduce(emptyView, { kind: 'nonsense' } as unknown as EventBody), TypeError);
  });
});

const id = fc.constantFrom('c1', 'c2', 'c3');
const body = fc.oneof<fc.Arbitrary<EventBody>[]>(
  id.map((one) => ({ kind: 'child.spawned', child: { ...child, id: one } })),
  id.map((one) => ({ ...connected, id: one })),
  id.map((one) => ({ ...exited, id: one })),
  id.map((one) => ({ kind: 'child.usage', samples: [{ id: one, usage }] })),
  id.map((one) => ({ kind: 'lock.acquired', lock: { ...lock, id: one } })),
  id.map((one) => ({ kind: 'lock.contended', id: one, waiter: party })),
  id.map((one) => ({ kind: 'lock.released', id: one })),
  fc.boolean().map((draining) => ({ kind: 'forker.draining', draining, actor: 'ops' })),
);

describe('reduce', () => {
  it('never changes the view it is given', () => {
    fc.assert(
      fc.property(fc.array(body), body, (before, event) => {
        const view = viewAfter(...before);
        const copy = structuredClone(view);
        reduce(view, event);
        assert.deepEqual(view, copy);
      }),
    );
  });

  it('keeps the parts that did not change, so that nobody has to look at them', () => {
    const view = viewAfter(spawned, { kind: 'lock.acquired', lock });
    assert.equal(reduce(view, exited).locks, view.locks);
    for (const event of [
      { kind: 'lock.released', id: 'l2' },
      { ...exited, id: 'c2' },
    ] as const)
      assert.equal(reduce(view, event), view, event.kind);
  });

  it('has no child both living and ended twice over: each end is of one that lived', () => {
    fc.assert(
      fc.property(fc.array(body), (events) => {
        const { children, recentChildren } = viewAfter(...events);
        assert.ok(Object.values(children).every(({ state }) => state !== 'exited'));
        assert.ok(
          recentChildren.every(({ state, endedAt }) => state === 'exited' && endedAt !== null),
        );
      }),
    );
  });
});

describe('a draft', () => {
  it('becomes what reduce would make of it, and leaves what it was made from and gave out alone', () => {
    fc.assert(
      fc.property(fc.array(body), fc.array(body), fc.array(body), (before, events, more) => {
        const made = viewAfter(...before);
        const draft = new ViewDraft(made);
        for (const event of events) draft.take(event);
        const given = draft.view;
        const newest = { ...draft.newest };
        for (const event of more) draft.take(event);
        assert.deepEqual(made, viewAfter(...before));
        assert.deepEqual(given, viewAfter(...before, ...events));
        assert.deepEqual({ ...newest, children: given.children }, given);
        assert.deepEqual(draft.newest, viewAfter(...before, ...events, ...more));
      }),
    );
  });

  it('changes its children in place for who looks at the newest, and at nothing else', () => {
    const draft = new ViewDraft(viewAfter(spawned, { kind: 'lock.acquired', lock }));
    draft.take(connected);
    const { children, locks } = draft.newest;
    draft.take({ kind: 'child.usage', samples: [{ id: 'c1', usage }] });
    draft.take({ kind: 'lock.released', id: 'l1' });
    assert.equal(draft.newest.children, children);
    assert.deepEqual(children['c1']?.usage, usage);
    assert.deepEqual(Object.keys(locks), ['l1']);
  });
});

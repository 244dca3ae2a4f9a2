import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  drainOf,
  open,
  transition,
  type Drain,
  type GatewayStatus,
  type StatusEffect,
  type StatusEvent,
} from './status.ts';

const drain = (deadline: number, reason: string | null = null, since = 1): StatusEvent => ({
  type: 'drain',
  drain: { since, deadline, reason },
});
const undrain: StatusEvent = { type: 'undrain' };
const retire: StatusEvent = { type: 'retire', period: { since: 5, deadline: 700 } };
const stop: StatusEvent = { type: 'stop', period: { since: 6, deadline: 60 }, urgent: false };
const stopNow: StatusEvent = { ...stop, urgent: true };
const hurry: StatusEffect = { type: 'disconnect', reason: 'stopped' };

/** The status after these events, and the effects of the last one. */
function after(...events: readonly StatusEvent[]): {
  state: GatewayStatus;
  effects: readonly StatusEffect[];
} {
  return events.reduce<{ state: GatewayStatus; effects: readonly StatusEffect[] }>(
    ({ state }, event) => transition(state, event),
    { state: open, effects: [] },
  );
}

const kinds = (effects: readonly StatusEffect[]): string[] => effects.map(({ type }) => type);

test('a drain refuses what is new until it is taken back', () => {
  const on: Drain = { since: 1, deadline: 100, reason: 'disks' };
  assert.deepEqual(after(drain(100, 'disks')), {
    state: { name: 'draining', drain: on },
    effects: [
      { type: 'refuse', drain: on },
      { type: 'set-deadline', deadline: 100 },
    ],
  });
  assert.deepEqual(after(drain(100), undrain), {
    state: open,
    effects: [{ type: 'admit' }, { type: 'set-deadline', deadline: null }],
  });
});

test('a second word about a drain moves its deadline, and keeps its beginning and its reason', () => {
  const { state, effects } = after(drain(100, 'disks'), drain(200, null, 9));
  assert.deepEqual(drainOf(state), { since: 1, deadline: 200, reason: 'disks' });
  assert.deepEqual(effects.at(-1), { type: 'set-deadline', deadline: 200 });
  assert.equal(drainOf(after(drain(100, 'disks'), drain(200, 'memory')).state)?.reason, 'memory');
});

test('behind a successor nothing is refused, and the end comes with the last connection', () => {
  const { state, effects } = after(retire);
  assert.equal(drainOf(state), null);
  assert.deepEqual(effects, [{ type: 'set-deadline', deadline: 700 }, { type: 'finish' }]);
  assert.deepEqual(after(retire, retire).effects, []);
});

test('a drain behind a successor refuses, its end does not open the port, and the sooner deadline holds', () => {
  const drained = after(retire, drain(100));
  assert.equal(drained.state.name, 'replaced');
  assert.deepEqual(drained.effects.at(-1), { type: 'set-deadline', deadline: 100 });
  assert.deepEqual(after(retire, drain(900)).effects.at(-1), {
    type: 'set-deadline',
    deadline: 700,
  });
  const back = after(retire, drain(100), undrain);
  assert.deepEqual(back.state, after(retire).state);
  assert.deepEqual(back.effects, [{ type: 'admit' }, { type: 'set-deadline', deadline: 700 }]);
  assert.deepEqual(after(drain(100), retire).state, drained.state);
});

test('a stop refuses what is new and cannot be taken back', () => {
  const stopped = after(stop);
  assert.deepEqual(drainOf(stopped.state), { since: 6, deadline: 60, reason: null });
  assert.deepEqual(kinds(stopped.effects), ['refuse', 'set-deadline', 'finish']);
  for (const event of [undrain, retire, stop])
    assert.deepEqual(transition(stopped.state, event), { state: stopped.state, effects: [] });
});

test('a stop within a drain keeps the deadline of the drain, and a later word still moves it', () => {
  const stopped = after(drain(100, 'disks'), stop);
  assert.deepEqual(drainOf(stopped.state), { since: 1, deadline: 100, reason: 'disks' });
  assert.deepEqual(kinds(stopped.effects), ['set-deadline', 'finish'], 'clients were told before');
  const moved = transition(stopped.state, drain(50));
  assert.equal(moved.state.name, 'stopping');
  assert.equal(drainOf(moved.state)?.deadline, 50);
});

test('an urgent stop disconnects at once, whatever went before', () => {
  for (const before of [[], [drain(9)], [retire], [retire, drain(9)], [stop], [stopNow]])
    assert.deepEqual(after(...before, stopNow).effects.at(-1), hurry);
  assert.deepEqual(after(stop, stopNow).effects, [hurry]);
});

test('when a deadline has passed clients are disconnected, and the status stays', () => {
  for (const before of [[drain(9)], [retire], [stop]]) {
    const { state } = after(...before);
    assert.deepEqual(transition(state, { type: 'deadline-passed' }), {
      state,
      effects: [{ type: 'disconnect', reason: 'drain deadline passed' }],
    });
  }
});

test('whatever happens, an end is announced once, and never taken back', () => {
  const event = fc.constantFrom(drain(100), drain(200, 'x', 3), undrain, retire, stop, stopNow);
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (events) => {
      let state = open;
      let finishes = 0;
      for (const one of events) {
        const next = transition(state, one);
        if (state.name === 'stopping') assert.equal(next.state.name, 'stopping');
        if (state.name === 'replaced') assert.notEqual(next.state.name, 'open');
        // Whoever refuses has been told why, and whoever is told is refused.
        for (const effect of next.effects)
          if (effect.type === 'refuse') assert.deepEqual(effect.drain, drainOf(next.state));
        const isNewlyRefused = drainOf(state) === null && drainOf(next.state) !== null;
        assert.ok(!isNewlyRefused || kinds(next.effects).includes('refuse'));
        finishes += kinds(next.effects).filter((kind) => kind === 'finish').length;
        state = next.state;
      }
      assert.ok(finishes <= 1);
    }),
  );
});

test('after the end nothing changes, and no deadline keeps the process', () => {
  const { state, effects } = after(drain(100), stop, { type: 'all-closed' });
  assert.deepEqual(effects, [{ type: 'set-deadline', deadline: null }]);
  for (const event of [drain(9), undrain, retire, stopNow, { type: 'deadline-passed' } as const])
    assert.deepEqual(transition(state, event), { state, effects: [] });
});

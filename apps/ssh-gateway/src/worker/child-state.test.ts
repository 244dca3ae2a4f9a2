import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transition, type ChildEffect, type ChildEvent, type ChildState } from './child-state.ts';

/** The state after these events, and every effect on the way. */
function after(...events: readonly ChildEvent[]): [ChildState, ChildEffect[]] {
  const effects: ChildEffect[] = [];
  let state: ChildState = { name: 'starting' };
  for (const event of events) {
    const next = transition(state, event);
    state = next.state;
    effects.push(...next.effects);
  }
  return [state, effects];
}

const ready: ChildEvent = { type: 'ready' };
const look: ChildEvent = { type: 'looked-at' };
const heard: ChildEvent = { type: 'heard' };
const ended: ChildEvent = { type: 'ended', how: 'SIGKILL' };
const failed: ChildEvent = { type: 'failed', reason: 'no host key' };
const settle: ChildEffect = { type: 'settle', how: 'SIGKILL' };

test('one that is ready is announced once, and settled with its end', () => {
  assert.deepEqual(after(ready, ready, ended, ended), [
    { name: 'ended', how: 'SIGKILL' },
    [{ type: 'announce-ready' }, settle],
  ]);
});

test('looks in vain are counted while it serves, and its word starts the count anew', () => {
  assert.deepEqual(after(ready, look, look)[0], { name: 'serving', looksInVain: 2 });
  assert.deepEqual(after(ready, look, look, heard)[0], { name: 'serving', looksInVain: 0 });
  assert.deepEqual(after(look, look)[0], { name: 'starting' });
});

test('one that ends before it was ready fails its starter with how it ended', () => {
  const reason = 'a worker process ended with SIGKILL before it was ready';
  assert.deepEqual(after(ended)[1], [{ type: 'announce-failure', reason }, settle]);
});

test('one that cannot serve fails its starter with its own words, not with those of its end', () => {
  const announced: ChildEffect = { type: 'announce-failure', reason: 'no host key' };
  assert.deepEqual(after(failed, ready, heard, look, ended)[1], [announced, settle]);
});

test('nothing changes one that has ended, and the first cause stands', () => {
  const [state, effects] = after(ready, ended);
  for (const event of [ready, failed, heard, look, { type: 'ended', how: 'exit 1' } as const])
    assert.deepEqual(transition(state, event), { state, effects: [] });
  assert.equal(effects.length, 2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  firstState,
  transition,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
} from './state.ts';

const forked: SessionEvent = { type: 'forked' };
const drained: SessionEvent = { type: 'outputs-drained' };
const gone: SessionEvent = { type: 'client-gone', reason: 'cable cut' };
const exited: SessionEvent = { type: 'child-exited', exit: { kind: 'code', code: 3 } };
const lost: SessionEvent = { type: 'exit-lost' };
const expired: SessionEvent = { type: 'step-expired' };
const eofDue: SessionEvent = { type: 'eof-due' };
const hurry: SessionEvent = { type: 'hurry' };
const notForked: SessionEvent = { type: 'not-forked', line: 'full' };
const pipesFailed: SessionEvent = { type: 'pipes-failed', line: 'gone' };
const all = [forked, drained, eofDue, gone, exited, lost, expired, hurry, notForked, pipesFailed];

/** The effects of a sequence, each as its type and what distinguishes it. */
function effectsOf(...events: SessionEvent[]): string[] {
  return play(events).effects.map((effect) =>
    [effect.type, detailOf(effect)].filter((part) => part !== '').join(' '),
  );
}

function play(events: readonly SessionEvent[]): { state: SessionState; effects: SessionEffect[] } {
  let state = firstState;
  const effects: SessionEffect[] = [];
  for (const event of events) {
    const result = transition(state, event);
    state = result.state;
    effects.push(...result.effects);
  }
  return { state, effects };
}

function detailOf(effect: SessionEffect): string {
  switch (effect.type) {
    case 'signal':
      return effect.signal;
    case 'start-step':
      return effect.step;
    case 'report-exit':
      return effect.exit.kind;
    case 'release':
      return effect.reason;
    case 'tell-and-end':
      return effect.line;
    default:
      return '';
  }
}

test('the exit is reported after the outputs, in whichever order they come', () => {
  assert.deepEqual(effectsOf(forked, exited, drained), [
    'open-pipes',
    'limit-outputs',
    'report-exit code',
    'release finished',
  ]);
  assert.deepEqual(effectsOf(forked, drained, exited), [
    'open-pipes',
    'start-eof-wait',
    'report-exit code',
    'release finished',
  ]);
});

test('outputs that end long before the child are reported to the client, but not after its exit', () => {
  assert.deepEqual(effectsOf(forked, drained, eofDue).slice(2), ['send-eof']);
  assert.deepEqual(effectsOf(forked, drained, exited, eofDue).includes('send-eof'), false);
});

test('an exit alone reports nothing while output is under way', () => {
  assert.equal(effectsOf(forked, exited).includes('report-exit code'), false);
});

test('a refused fork is reported and ends the session', () => {
  assert.deepEqual(effectsOf(notForked), ['tell-and-end full', 'release refused: full']);
});

test('a client that leaves while it waits for a fork opens no pipes, and its child is killed', () => {
  assert.deepEqual(effectsOf(gone, forked, exited), [
    'stop-asking',
    'signal SIGKILL',
    'start-step kill',
    'release cable cut',
  ]);
  assert.deepEqual(effectsOf(gone, notForked), ['stop-asking', 'release cable cut']);
});

test('a child whose client has gone first gets time to finish, then ever stronger signals', () => {
  const effects = effectsOf(forked, gone, expired, expired, expired, expired);
  assert.deepEqual(effects, [
    'open-pipes',
    'detach-client',
    'start-step finish',
    'signal SIGHUP',
    'start-step hangup',
    'signal SIGTERM',
    'start-step terminate',
    'signal SIGKILL',
    'start-step kill',
    'give-up-child',
    'release cable cut',
  ]);
});

test('its exit ends the ladder at any step', () => {
  assert.deepEqual(effectsOf(forked, gone, expired, exited, expired), [
    'open-pipes',
    'detach-client',
    'start-step finish',
    'signal SIGHUP',
    'start-step hangup',
    'release cable cut',
  ]);
});

test('hurry skips the time to finish, and shortens nothing else', () => {
  assert.deepEqual(effectsOf(forked, gone, hurry, hurry).slice(3), [
    'signal SIGHUP',
    'start-step hangup',
  ]);
  assert.deepEqual(effectsOf(forked, hurry), ['open-pipes']);
});

test('pipes that cannot be opened are reported, and the child does not stay', () => {
  assert.deepEqual(effectsOf(forked, pipesFailed, exited), [
    'open-pipes',
    'tell-and-end gone',
    'signal SIGKILL',
    'start-step kill',
    'release gone',
  ]);
});

test('a lost exit waits for the outputs and is reported as unknown', () => {
  assert.deepEqual(effectsOf(forked, lost, drained), [
    'open-pipes',
    'report-exit unknown',
    'release finished',
  ]);
  assert.deepEqual(effectsOf(forked, drained, lost), [
    'open-pipes',
    'start-eof-wait',
    'report-exit unknown',
    'release finished',
  ]);
});

test('a lost exit does not mean that the child is gone while its outputs are open', () => {
  assert.deepEqual(effectsOf(forked, gone, lost, expired).slice(3), [
    'signal SIGHUP',
    'start-step hangup',
  ]);
  assert.deepEqual(effectsOf(forked, gone, lost, drained).slice(3), ['release cable cut']);
});

test('a client that leaves while the last output is under way ends the session', () => {
  assert.deepEqual(effectsOf(forked, exited, gone), [
    'open-pipes',
    'limit-outputs',
    'release cable cut',
  ]);
});

test('after any events: released at most once and exactly when ended, reported at most once, nothing after the release', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...all), { maxLength: 20 }), (events) => {
      const { state, effects } = play(events);
      const types = effects.map(({ type }) => type);
      const releases = types.filter((type) => type === 'release').length;
      assert.equal(releases, state.name === 'ended' ? 1 : 0);
      if (releases === 1) assert.equal(types.at(-1), 'release');
      assert.ok(
        types.filter((type) => type === 'report-exit' || type === 'tell-and-end').length <= 1,
      );
    }),
  );
});

test('from any state, a client that leaves and time that passes end the session: nothing can wait for ever', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...all), { maxLength: 20 }), (events) => {
      // A fork always gets an answer, if only that of its own deadline.
      const { state } = play([
        ...events,
        gone,
        forked,
        notForked,
        expired,
        expired,
        expired,
        expired,
      ]);
      assert.equal(state.name, 'ended');
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView } from '@hatchery/events';
import { nextClockOffset } from './clock.ts';
import { firstState, type LiveState } from './connection.ts';
import { staleAfterMs } from './limits.ts';
import { isKnown, truthOf } from './truth.ts';

const heardAt = 1_000_000;
const up = {
  up: true,
  since: new Date(0).toISOString(),
  heardAt: new Date(0).toISOString(),
} as const;
const live: LiveState = {
  ...firstState(0),
  phase: { name: 'open', askedAt: 0, attempt: 0, wokeAt: null },
  data: { epoch: 'e', seq: 1, round: 0, view: emptyView },
  feed: up,
  heardAt,
  clockOffsetMs: 30_000,
};
const waiting = { name: 'waiting', until: 0, attempt: 1 } as const;

test('a page without data is connecting, however long it takes', () => {
  assert.deepEqual(truthOf(firstState(0), 99_999), { word: 'connecting' });
});

test('a page that heard from the server a moment ago is live', () => {
  assert.deepEqual(truthOf(live, heardAt + 200), { word: 'live', ageMs: 200 });
});

test('a page that is refused is signed out, whatever its data, until it is let in again', () => {
  const refusal = 'Not signed in.';
  assert.deepEqual(truthOf({ ...live, phase: waiting, refusal }, heardAt + 300), {
    word: 'signed out',
  });
  assert.deepEqual(truthOf({ ...firstState(0), refusal }, 300), { word: 'signed out' });
  assert.equal(truthOf({ ...live, refusal }, heardAt + 300).word, 'live');
});

test('a page without data says what blocks the stream, once it knows', () => {
  const obstacle = 'Too many pages.';
  assert.deepEqual(truthOf({ ...firstState(0), obstacle }, 300), { word: 'refused' });
  assert.equal(truthOf({ ...live, phase: waiting, obstacle }, heardAt + 300).word, 'reconnecting');
});

test('numbers are known once the forker has sent them', () => {
  const away = { up: false, since: new Date(0).toISOString(), reason: 'gone' } as const;
  assert.equal(isKnown(firstState(0)), false);
  assert.equal(isKnown({ ...live, feed: away }), true);
  assert.equal(isKnown({ ...live, feed: { ...away, neverHeard: true } }), false);
});

test('a page that lost its connection is reconnecting, then stale', () => {
  assert.deepEqual(truthOf({ ...live, phase: waiting }, heardAt + 300), {
    word: 'reconnecting',
    ageMs: 300,
  });
  assert.equal(truthOf({ ...live, phase: waiting }, heardAt + staleAfterMs).word, 'stale');
});

test('a page whose forker is silent is as old as the forker’s last message, and stale in the end, even if its server answers', () => {
  const silentFor = (ms: number) => truthOf({ ...live, forkerHeardAt: heardAt - ms }, heardAt);
  assert.deepEqual(silentFor(3_700), { word: 'live', ageMs: 3_700 });
  assert.deepEqual(silentFor(14_000), { word: 'stale', ageMs: 14_000 });
  assert.deepEqual(truthOf({ ...live, forkerHeardAt: heardAt }, heardAt + 14_000), {
    word: 'stale',
    ageMs: 14_000,
  });
});

test('a clock that was set back does not put data into the future', () => {
  assert.deepEqual(truthOf(live, heardAt - 60_000), { word: 'live', ageMs: 0 });
});

test('the fastest message gives the best estimate of the server’s clock', () => {
  assert.equal(nextClockOffset(null, 500), 500);
  assert.equal(nextClockOffset(500, 520), 520);
  assert.equal(nextClockOffset(520, 400), 520);
  assert.equal(nextClockOffset(520, -9_000), -9_000);
});

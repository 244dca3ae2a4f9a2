import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextState } from './feed-link.ts';

const since = '2026-11-21T00:00:00.000Z';
const later = new Date('2026-11-21T00:01:00.000Z');
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

test('a feed that comes up is up from then on', () => {
  assert.deepEqual(nextState({ up: false, since, reason: 'x' }, { up: true }, later), {
    up: true,
    since: later.toISOString(),
  });
});

test('a feed that stays up is no news', () => {
  const state = { up: true, since } as const;
  assert.equal(nextState(state, { up: true }, later), state);
});

test('a feed that fails says why in words', () => {
  const state = nextState({ up: true, since }, { up: false, error: refused }, later);
  assert.deepEqual(state, {
    up: false,
    since: later.toISOString(),
    reason: 'the forker is not running (nobody listens on its control socket)',
  });
});

test('a feed that fails again has been down since the first time', () => {
  const first = nextState({ up: true, since }, { up: false, error: refused }, new Date(since));
  assert.equal(nextState(first, { up: false, error: refused }, later), first);
  assert.equal(
    nextState(first, { up: false, error: new Error('the feed ended') }, later).since,
    since,
  );
});

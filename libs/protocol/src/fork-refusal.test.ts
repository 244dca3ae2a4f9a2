import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forkRefusalCodeOf } from './fork-refusal.ts';

test('each refusal of a fork has a code of its own', () => {
  const told = [
    [
      'the service is full: 5 of 5 sessions are in use (max_children); try again in 3 s',
      'service-full',
    ],
    [
      'alice has 2 of 2 sessions in use (max_children_per_user); end one, or try again in a minute',
      'children-per-user',
    ],
    [
      '1000 requests wait for a session already, which is the most there may; try again in 2 s',
      'fork-queue-full',
    ],
    [
      'the service is being drained and takes no new session; try again in a minute',
      'fork-service-draining',
    ],
    ['the service is being restarted: try again in a moment', 'fork-service-restarting'],
    ['the zygote does not start: importing breezy: No module named breezy', 'zygote-broken'],
    ['no child came up within 10 s: see the log of the service', 'fork-late'],
    ['no session came up within 15 s: try again in a minute', 'fork-late'],
    ['no session can be started at the moment: try again in a minute', 'forks-stalled'],
    ['the keeper died twice over this request: see the log of the service', 'fork-refused'],
  ] as const;
  for (const [reason, code] of told) assert.equal(forkRefusalCodeOf(reason), code, reason);
});

test('an exception’s message inside a reason does not change the code', () => {
  const failure =
    'the zygote does not start: x: alice has 2 of 2 sessions in use (max_children_per_user); y';
  assert.equal(forkRefusalCodeOf(failure), 'zygote-broken');
  assert.equal(forkRefusalCodeOf('fork failed: the service is draining: no'), 'fork-refused');
});

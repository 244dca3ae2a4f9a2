import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hindranceIn } from './refusal.ts';

const told = (error: string): string => JSON.stringify({ error });

test('a missing sign-in is distinguished from an obstacle', () => {
  assert.deepEqual(hindranceIn(401, told('Not signed in.')), {
    type: 'refused',
    reason: 'Not signed in.',
  });
  // A proxy that asks for a password answers with its own page.
  assert.equal(hindranceIn(401, '<html>')?.type, 'refused');
  assert.deepEqual(hindranceIn(403, told('Not from here.')), {
    type: 'obstructed',
    reason: 'Not from here.',
  });
  assert.deepEqual(hindranceIn(429, told('Too many.')), {
    type: 'obstructed',
    reason: 'Too many.',
  });
});

test('a proxy that does not pass WebSockets on is named as the cause', () => {
  assert.match(
    hindranceIn(426, told('The live stream is a WebSocket.'))?.reason ?? '',
    /pass on Upgrade and Connection/,
  );
});

test('an answer from something else is not mistaken for Hatchery’s', () => {
  for (const [status, body] of [
    [502, '<html>Bad gateway'],
    [404, 'nothing'],
    [200, '{"error": 1}'],
    [403, 'null'],
  ] as const)
    assert.match(
      hindranceIn(status, body)?.reason ?? '',
      new RegExp(`not Hatchery answers .* status ${status}`),
    );
});

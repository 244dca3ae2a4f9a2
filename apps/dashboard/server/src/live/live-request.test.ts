import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestedPosition } from './live-request.ts';

test('a position is read', () => {
  assert.deepEqual(requestedPosition('{"type":"resume","epoch":"e","seq":3,"round":2}'), {
    epoch: 'e',
    seq: 3,
    round: 2,
  });
});

for (const text of [
  '',
  'null',
  '[]',
  '{"type":"resume"',
  '{"type":"kill","epoch":"e","seq":3,"round":2}',
  '{"type":"resume","epoch":7,"seq":3,"round":2}',
  '{"type":"resume","epoch":"e","seq":-1,"round":2}',
  '{"type":"resume","epoch":"e","seq":1.5,"round":2}',
  '{"type":"resume","epoch":"e","seq":"3","round":2}',
  '{"type":"resume","epoch":"e","seq":3}',
]) {
  test(`refuses ${text === '' ? 'nothing' : text}`, () =>
    assert.equal(requestedPosition(text), null));
}

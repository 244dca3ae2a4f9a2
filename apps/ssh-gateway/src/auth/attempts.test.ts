import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  judge,
  noAttempts,
  type AuthenticationAnswer,
  type AuthenticationRequest,
} from './attempts.ts';

const max = { requests: 20, failures: 6 };
const key = (
  authorized: boolean,
  signature: 'absent' | 'valid' | 'invalid',
): AuthenticationRequest => ({
  method: 'publickey',
  authorized,
  signature,
});

function answers(...requests: AuthenticationRequest[]): AuthenticationAnswer[] {
  let attempts = noAttempts;
  return requests.map((request) => {
    const judged = judge(attempts, request, max);
    attempts = judged.attempts;
    return judged.answer;
  });
}

test('the server asks for the signature of a known key, and then accepts it', () => {
  assert.deepEqual(answers({ method: 'none' }, key(true, 'absent'), key(true, 'valid')), [
    'refuse',
    'ask-for-signature',
    'accept',
  ]);
});

test('trap M: a known key without a valid signature in the same request is never accepted', () => {
  assert.deepEqual(answers(key(true, 'absent'), key(true, 'invalid')), [
    'ask-for-signature',
    'refuse',
  ]);
});

test('trap M: a question about a known key does not help another key’s valid signature', () => {
  assert.deepEqual(answers(key(true, 'absent'), key(false, 'valid')), [
    'ask-for-signature',
    'refuse',
  ]);
});

test('other methods are refused and counted', () => {
  assert.deepEqual(answers({ method: 'other' }, key(false, 'absent')), ['refuse', 'refuse']);
});

test('the sixth failure ends the connection', () => {
  assert.deepEqual(answers(...Array<AuthenticationRequest>(6).fill(key(false, 'absent'))), [
    ...Array<string>(5).fill('refuse'),
    'disconnect',
  ]);
});

test('a good key after five failures is still accepted', () => {
  assert.equal(
    answers(...Array<AuthenticationRequest>(5).fill(key(false, 'absent')), key(true, 'valid')).at(
      -1,
    ),
    'accept',
  );
});

test('questions without end and without a failure end the connection too', () => {
  const asked = answers(...Array<AuthenticationRequest>(20).fill(key(true, 'absent')));
  assert.deepEqual([asked.indexOf('disconnect'), asked.length], [19, 20]);
  assert.equal(
    answers(...Array<AuthenticationRequest>(20).fill({ method: 'none' })).at(-1),
    'disconnect',
  );
});

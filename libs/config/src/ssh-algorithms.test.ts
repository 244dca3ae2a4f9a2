import assert from 'node:assert/strict';
import { test } from 'node:test';
import { algorithmNames, parseAlgorithms } from './ssh-algorithms.ts';

const defaults = algorithmNames('kex', 'default');

test('lists are read as OpenSSH reads them: +, ^, -, patterns, or the names themselves', () => {
  assert.deepEqual(parseAlgorithms('kex', 'ecdh-sha2-nistp256,curve25519-sha256'), [
    'ecdh-sha2-nistp256',
    'curve25519-sha256',
  ]);
  assert.deepEqual(parseAlgorithms('kex', '+ecdh-sha2-nistp256'), [
    ...defaults,
    'ecdh-sha2-nistp256',
  ]);
  assert.deepEqual(parseAlgorithms('kex', '^ecdh-sha2-nistp256'), [
    'ecdh-sha2-nistp256',
    ...defaults,
  ]);
  assert.deepEqual(parseAlgorithms('kex', '-mlkem*'), [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
  ]);
  assert.deepEqual(parseAlgorithms('kex', '+ecdh-sha2-nistp???'), [
    ...defaults,
    ...['256', '384', '521'].map((bits) => `ecdh-sha2-nistp${bits}`),
  ]);
  assert.deepEqual(parseAlgorithms('macs', ' hmac-sha2-512 , hmac-sha2-256 '), [
    'hmac-sha2-512',
    'hmac-sha2-256',
  ]);
});

for (const [text, reason] of [
  ['', /^"" is none of mlkem768x25519-sha256, /],
  ['diffie-hellman-group1-sha1', /^"diffie-hellman-group1-sha1" is none of .*ecdh-sha2-nistp256/],
  ['curve25519-sha256,', /^"" is none of/],
  ['+', /^"" is none of/],
  ['-*', /it leaves nothing to offer/],
  ['curve25519.sha256', /is none of/],
] as const)
  test(`${JSON.stringify(text)} is refused with the available names`, () => {
    const names = parseAlgorithms('kex', text);
    assert.ok('reason' in names);
    assert.match(names.reason, reason);
  });

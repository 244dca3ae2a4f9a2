import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { makeKeyPair } from './key-pair.ts';

test('ssh-keygen reads the keys, with comments of every length of padding, and finds the same public half', () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'key');
  for (let length = 1; length <= 8; length++) {
    const { privateKey, publicKey } = makeKeyPair('c'.repeat(length));
    writeFileSync(path, privateKey, { mode: 0o600 });
    assert.equal(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }), publicKey);
  }
});

test('no two keys are alike', () => {
  assert.notEqual(
    makeKeyPair('one').publicKey.split(' ')[1],
    makeKeyPair('one').publicKey.split(' ')[1],
  );
});

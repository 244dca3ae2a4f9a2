import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command, lockMode, Refusal, userUrl, type Kind } from './kinds.ts';
import { readToml } from './toml.ts';

/** The value that a kind reads from a text of a file, or the reason against it. */
function read<T>(kind: Kind<T>, text: string): T | string {
  const [entry] = readToml(`key = ${text}`).entries;
  assert.ok(entry?.value);
  try {
    return kind(entry.value, { fileDirectory: '/' });
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return error.message;
  }
}

test('a command is an absolute path and its arguments', () => {
  assert.deepEqual(read(command, '["/usr/bin/keys-of", "-v", "%u"]'), [
    '/usr/bin/keys-of',
    '-v',
    '%u',
  ]);
  assert.match(
    String(read(command, '"/usr/bin/keys-of %u"')),
    /must be a list of a program and its arguments/,
  );
  assert.match(String(read(command, '["keys-of", "%u"]')), /with the program's whole path/);
  assert.match(String(read(command, '["/keys-of", 1]')), /without the number 1/);
  assert.match(String(read(command, '[]')), /with the program's whole path/);
});

test('the mode of a lock lets its owner in and sets no execute bit', () => {
  assert.deepEqual([read(lockMode, '"0600"'), read(lockMode, '0o660')], [0o600, 0o660]);
  for (const text of ['"0060"', '"0400"', '"0755"', '"0610"'])
    assert.match(
      String(read(lockMode, text)),
      /must let its owner read and write, and nobody run it/,
    );
});

test('an address of users’ keys is http and contains the place of the name', () => {
  assert.equal(read(userUrl, '"https://k/{user}/keys"'), 'https://k/{user}/keys');
  for (const text of ['"https://k/alice"', '"file:///{user}"', '"{user}"', '""'])
    assert.match(String(read(userUrl, text)), /^must be an address as .*\{user\}.*, not "/);
  assert.match(String(read(userUrl, '1')), /not the number 1/);
});

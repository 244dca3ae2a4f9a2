import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wireString } from '@hatchery/ssh-keys';
import { parseUserauthRequest } from './userauth-request.ts';

const session = Buffer.from('session');
const head = Buffer.concat([Buffer.of(50), wireString('alice'), wireString('ssh-connection')]);
const question = Buffer.concat([
  head,
  wireString('publickey'),
  Buffer.of(0),
  wireString('rsa-sha2-512'),
  wireString('a blob'),
]);
const signed = Buffer.from(question);
signed[head.length + 4 + 'publickey'.length] = 1;
const request = Buffer.concat([signed, wireString('a signature')]);

test('a question about a key is read', () => {
  assert.deepEqual(parseUserauthRequest(question, session), {
    user: 'alice',
    service: 'ssh-connection',
    method: 'publickey',
    publicKey: {
      algorithm: 'rsa-sha2-512',
      blob: Buffer.from('a blob'),
      signature: null,
      signedData: Buffer.concat([wireString('session'), question]),
    },
  });
});

test('a signature is read in full, and covers the session and everything before it', () => {
  const { publicKey } = parseUserauthRequest(request, session) ?? {};
  assert.deepEqual(publicKey?.signature, Buffer.from('a signature'));
  assert.deepEqual(publicKey?.signedData, Buffer.concat([wireString('session'), signed]));
});

test('of other methods only the name is read', () => {
  const password = Buffer.concat([
    head,
    wireString('password'),
    Buffer.of(0),
    wireString('secret'),
  ]);
  assert.deepEqual(parseUserauthRequest(password, session), {
    user: 'alice',
    service: 'ssh-connection',
    method: 'password',
    publicKey: null,
  });
});

test('a request cut short at any byte, or with an extra one, is malformed', () => {
  for (let end = 1; end < request.length; end++)
    assert.equal(parseUserauthRequest(request.subarray(0, end), session), null);
  assert.equal(parseUserauthRequest(Buffer.concat([request, Buffer.of(0)]), session), null);
  assert.equal(parseUserauthRequest(Buffer.concat([question, Buffer.of(0)]), session), null);
});

test('a name that is not UTF-8, or without an end, is malformed', () => {
  for (const name of [Buffer.of(0xff), Buffer.alloc(300, 'x')]) {
    const rest = [wireString('ssh-connection'), wireString('none')];
    assert.equal(
      parseUserauthRequest(Buffer.concat([Buffer.of(50), wireString(name), ...rest]), session),
      null,
    );
  }
});

test('no input bytes make it throw', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      (bytes) => void parseUserauthRequest(Buffer.from(bytes), session),
    ),
  );
});

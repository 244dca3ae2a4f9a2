import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { openSignInKey, readSignInKey } from './sign-in-key.ts';
import { makeLinkToken, readLinkToken } from './sign-in-link.ts';

const key = Buffer.alloc(32, 1);

test('a link says what it was made with, and is another one each time', () => {
  const [one, two] = [makeLinkToken(key, 'admin', 5), makeLinkToken(key, 'admin', 5)];
  assert.notEqual(one, two);
  const { nonce, ...said } = readLinkToken(key, one) ?? assert.fail();
  assert.deepEqual([said, nonce.length], [{ role: 'admin', madeAt: 5 }, 22]);
});

test('no character of a link can be changed, added or left out', () => {
  const token = makeLinkToken(key, 'viewer', 1_700_000_000_000);
  for (let at = 0; at <= token.length; at += 1) {
    const [before, after] = [token.slice(0, at), token.slice(at + 1)];
    if (at < token.length) assert.equal(readLinkToken(key, before + after), null, `without ${at}`);
    for (const other of ['A', 'B', '.', '0', '=', '\n', 'é']) {
      if (other !== token[at])
        assert.equal(readLinkToken(key, before + other + after), null, `${other} at ${at}`);
      assert.equal(
        readLinkToken(key, before + other + token.slice(at)),
        null,
        `${other} before ${at}`,
      );
    }
  }
});

test('the key of another instance reads nothing', () => {
  assert.equal(readLinkToken(Buffer.alloc(32, 2), makeLinkToken(key, 'admin', 5)), null);
});

test('a key is made once, for its owner alone, and kept', () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'state', 'sign-in.key');
  const made = openSignInKey(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual([openSignInKey(path), readSignInKey(path)], [made, made.key]);
});

test('where no key can be written that is an error, and not a key that is known', () => {
  using directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'state'), '');
  assert.throws(() => openSignInKey(join(directory.path, 'state', 'sign-in.key')), {
    code: 'EEXIST',
  });
  mkdirSync(join(directory.path, 'sign-in.key'));
  assert.throws(() => openSignInKey(join(directory.path, 'sign-in.key')));
});

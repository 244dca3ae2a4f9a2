import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery, type Outcome } from '../terminal.test-support.ts';

const keys = temporaryDirectory();
after(() => keys[Symbol.dispose]());
const key = makeKey('one', '-t', 'ed25519');

function makeKey(name: string, ...words: string[]): string {
  const path = join(keys.path, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-f', path, ...words]);
  return `${path}.pub`;
}

function file(name: string, text: string): string {
  writeFileSync(join(keys.path, name), text);
  return join(keys.path, name);
}

describe('hatchery user', () => {
  it('adds, lists and removes', async () => {
    using state = temporaryDirectory();
    const user = (...words: string[]): Promise<Outcome> => hatchery('user', ...words, '--state-dir', state.path);
    assert.match((await user('list')).stdout, /^nobody may log in yet/);
    assert.equal((await user('add', 'bob', '--key', makeKey('two', '-t', 'rsa'))).code, 0);
    assert.equal((await user('add', 'alice', '--key', key)).code, 0);
    assert.equal((await user('add', 'alice', '--key', makeKey('three', '-t', 'ecdsa'))).code, 0);
    mkdirSync(join(state.path, 'users', 'No User'));
    assert.deepEqual(JSON.parse((await user('list', '--json')).stdout), [
      { name: 'alice', keys: 2, teams: [] },
      { name: 'bob', keys: 1, teams: [] },
    ]);
    assert.equal((await user('list')).stdout, 'NAME   KEYS  TEAMS\nalice  2\nbob    1\n');
    assert.equal((await user('remove', 'alice')).code, 0);
    assert.deepEqual((await user('remove', 'alice')).said, [
      'user: there is no user alice; hatchery user list shows them',
    ]);
  });

  it('takes the same key once, whatever its comment', async () => {
    using state = temporaryDirectory();
    const add = (path: string): Promise<Outcome> =>
      hatchery('user', 'add', 'alice', '--key', path, '--state-dir', state.path);
    await add(key);
    const before = readFileSync(join(state.path, 'users/alice/authorized_keys'), 'utf8');
    const again = await add(file('renamed.pub', readFileSync(key, 'utf8').replace(/ \S+\n$/, ' another comment\n')));
    assert.match(again.stdout, /^alice has the key of .* already$/m);
    assert.equal(readFileSync(join(state.path, 'users/alice/authorized_keys'), 'utf8'), before);
  });

  const text = readFileSync(key, 'utf8');
  const bad: readonly (readonly [what: string, path: string, reason: RegExp])[] = [
    ['a private key', key.replace(/\.pub$/, ''), /it is a private key; give the one that ends in \.pub/],
    ['an empty file', file('empty', '# none\n'), /it is empty/],
    ['a file that is not there', join(keys.path, 'none'), /there is no such file; --key takes a public key/],
    ['a directory', keys.path, /it is a directory/],
    ['a key that was cut off', file('cut', text.slice(0, 60)), /the key is damaged/],
    ['a key of another type than its line says', file('type', text.replace('ssh-ed25519', 'ssh-rsa')), /is not of the/],
    ['a short RSA key', makeKey('short', '-t', 'rsa', '-b', '1024'), /needs at least 2048 bits/],
    ['anything else', file('prose', 'dear operator\n'), /a line starts with 'dear'/],
    ['a good line before a bad one', file('both', `${text}junk\n`), /a line starts with 'junk'/],
  ];
  for (const [what, path, reason] of bad) {
    it(`refuses ${what}, and makes no user`, async () => {
      using state = temporaryDirectory();
      const { code, said } = await hatchery('user', 'add', 'alice', '--key', path, '--state-dir', state.path);
      assert.deepEqual([code, said.length], [1, 1]);
      assert.match(said.join(), reason);
      assert.match((await hatchery('user', 'list', '--state-dir', state.path)).stdout, /^nobody/);
    });
  }

  it('lists the others beside users whose files cannot be read, names these, and fails', async () => {
    using state = temporaryDirectory();
    const users = join(state.path, 'users');
    const user = (...words: string[]): Promise<Outcome> => hatchery('user', ...words, '--state-dir', state.path);
    await user('add', 'bob', '--key', key);
    for (const file of ['alice/authorized_keys', 'carol/teams']) mkdirSync(join(users, file), { recursive: true });
    const { code, stdout, said } = await user('list');
    assert.deepEqual([code, stdout], [1, 'NAME  KEYS  TEAMS\nbob   1\n']);
    assert.deepEqual(said, [
      `user: alice is not listed: cannot read ${users}/alice/authorized_keys: it is a directory; move it away`,
      `user: carol is not listed: cannot read ${users}/carol/teams: it is a directory; move it away`,
    ]);
    assert.deepEqual(JSON.parse((await user('list', '--json')).stdout), [{ name: 'bob', keys: 1, teams: [] }]);
    const added = await user('add', 'dora', '--key', key);
    assert.deepEqual(added.said, [`user: cannot read ${users}/carol/teams: it is a directory; move it away`]);
  });

  it('says that the directory of users is none', async () => {
    using state = temporaryDirectory();
    writeFileSync(join(state.path, 'users'), '');
    const { code, said } = await hatchery('user', 'list', '--state-dir', state.path);
    assert.equal(code, 1);
    assert.deepEqual(said, [`user: cannot read ssh.users_dir ${state.path}/users: it is no directory; move it away`]);
  });

  it('refuses names that are none', async () => {
    for (const name of ['../up', 'Alice', '', '.x', 'a b', 'a'.repeat(65)]) {
      for (const words of [
        ['add', name, '--key', key],
        ['remove', name],
      ]) {
        const { code, said } = await hatchery('user', ...words, '--state-dir', keys.path);
        assert.equal(code, 2, name);
        assert.match(said.join(), /is no user name: small letters/);
      }
    }
  });
});

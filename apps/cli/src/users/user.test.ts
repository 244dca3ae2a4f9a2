// Long: all verbs of one command, over one hosting root that each test makes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery, type Outcome } from '../../test-support/terminal.ts';

const keys = temporaryDirectory();
after(() => keys[Symbol.dispose]());
const key = makeKey('one', '-t', 'ed25519');

const text = readFileSync(key, 'utf8');
const noTeams = { teams: [], trouble: null };

/** In the format of ssh-keygen. */
function fingerprintOf(path: string): string {
  return (
    execFileSync('ssh-keygen', ['-lf', resolve(keys.path, path)], { encoding: 'utf8' }).split(
      ' ',
    )[1] ?? ''
  );
}

function makeKey(name: string, ...words: string[]): string {
  const path = join(keys.path, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-f', path, ...words]);
  return `${path}.pub`;
}

function file(name: string, text: string, encoding: BufferEncoding = 'utf8'): string {
  writeFileSync(join(keys.path, name), text, encoding);
  return join(keys.path, name);
}

describe('hatchery user', () => {
  it('adds, lists and removes', async () => {
    using state = temporaryDirectory();
    const user = (...words: string[]): Promise<Outcome> =>
      hatchery('user', ...words, '--state-dir', state.path);
    assert.match((await user('list')).stdout, /^nobody may log in yet/);
    assert.equal((await user('add', 'bob', '--key', makeKey('two', '-t', 'rsa'))).code, 0);
    assert.equal((await user('add', 'alice', '--key', key)).code, 0);
    assert.equal((await user('add', 'alice', '--key', makeKey('three', '-t', 'ecdsa'))).code, 0);
    mkdirSync(join(state.path, 'users', 'No User'));
    assert.deepEqual(JSON.parse((await user('list', '--json')).stdout), [
      {
        name: 'alice',
        keys: 2,
        fingerprints: [fingerprintOf(key), fingerprintOf('three.pub')],
        ...noTeams,
      },
      { name: 'bob', keys: 1, fingerprints: [fingerprintOf('two.pub')], ...noTeams },
    ]);
    assert.equal((await user('list')).stdout, 'NAME   KEYS  TEAMS\nalice  2\nbob    1\n');
    assert.equal((await user('remove', 'alice')).code, 0);
    assert.deepEqual((await user('remove', 'alice')).said, [
      `user: there is no user alice; hatchery user list --state-dir ${state.path} shows them`,
    ]);
  });

  it('takes the same key once, whatever its comment', async () => {
    using state = temporaryDirectory();
    const add = (path: string): Promise<Outcome> =>
      hatchery('user', 'add', 'alice', '--key', path, '--state-dir', state.path);
    await add(key);
    const before = readFileSync(join(state.path, 'users/alice/authorized_keys'), 'utf8');
    const again = await add(
      file('renamed.pub', readFileSync(key, 'utf8').replace(/ \S+\n$/, ' another comment\n')),
    );
    assert.match(again.stdout, /^alice has the key of .* already$/m);
    assert.equal(readFileSync(join(state.path, 'users/alice/authorized_keys'), 'utf8'), before);
  });

  const bad: readonly (readonly [what: string, path: string, reason: RegExp])[] = [
    [
      'a private key',
      key.replace(/\.pub$/, ''),
      /it is a private key, .*; take its public half: .* ssh-keygen -y -f/,
    ],
    ['an empty file', file('empty', '# none\n'), /it holds no key/],
    [
      'a file that is not there',
      join(keys.path, 'none'),
      /there is no such file; --key takes a public key/,
    ],
    ['a directory', keys.path, /it is a directory/],
    ['a key that was cut off', file('cut', text.slice(0, 60)), /the key is damaged/],
    [
      'a key of another type than its line says',
      file('type', text.replace('ssh-ed25519', 'ssh-rsa')),
      /is not of the/,
    ],
    [
      'an RSA key of 1024 bits',
      makeKey('short', '-t', 'rsa', '-b', '1024'),
      /needs 2048 to 16384 bits, .* 1024/,
    ],
    [
      'an RSA key of 2047 bits',
      makeKey('shorter', '-t', 'rsa', '-b', '2047'),
      /needs 2048 to 16384 bits, .* 2047/,
    ],
    [
      'a key in UTF-16',
      file('utf16', `\uFEFF${text}`, 'utf16le'),
      /it is in UTF-16; convert it with: iconv -f UTF-16/,
    ],
    [
      'a key with a command',
      file('forced', `command="true" ${text}`),
      /the option command is not supported; take/,
    ],
    [
      'a certificate',
      file('cert', `ssh-ed25519-cert-v01@openssh.com AAAA`),
      /it is a certificate, not a key/,
    ],
    ['anything else', file('prose', 'dear operator\n'), /it starts with "dear", not with the type/],
    [
      'a good line before a bad one',
      file('both', `${text}junk\n`),
      /line 2: it starts with "junk"/,
    ],
  ];
  for (const [what, path, reason] of bad) {
    it(`refuses ${what}, and makes no user`, async () => {
      using state = temporaryDirectory();
      const { code, said } = await hatchery(
        'user',
        'add',
        'alice',
        '--key',
        path,
        '--state-dir',
        state.path,
      );
      assert.deepEqual([code, said.length], [1, 1]);
      assert.match(said.join(), reason);
      assert.match((await hatchery('user', 'list', '--state-dir', state.path)).stdout, /^nobody/);
    });
  }

  it('lists users whose files cannot be read with the reason, and they block no change of others', async () => {
    using state = temporaryDirectory();
    const users = join(state.path, 'users');
    const user = (...words: string[]): Promise<Outcome> =>
      hatchery('user', ...words, '--state-dir', state.path);
    await user('add', 'bob', '--key', key);
    for (const file of ['alice/authorized_keys', 'carol/teams'])
      mkdirSync(join(users, file), { recursive: true });
    mkdirSync(join(users, 'fifi'));
    execFileSync('mkfifo', [join(users, 'fifi/authorized_keys')]);
    symlinkSync('nowhere', join(users, 'lin'));
    mkdirSync(join(users, 'mia'));
    symlinkSync('nowhere', join(users, 'mia/authorized_keys'));
    writeFileSync(join(users, 'plain'), text);
    mkdirSync(join(users, 'zoe'));
    writeFileSync(join(users, 'zoe/authorized_keys'), text);
    chmodSync(join(users, 'zoe/authorized_keys'), 0o666);
    for (const name of ['Bob', Buffer.from('b\xf6b\x1b[2J', 'latin1')])
      mkdirSync(Buffer.concat([Buffer.from(`${users}/`), Buffer.from(name)]));
    for (const name of ['.git', 'lost+found']) mkdirSync(join(users, name));
    const { code, stdout, said } = await user('list');
    assert.deepEqual(
      [code, stdout.split('\n').map((row) => row.split(/ +/).join(' '))],
      [
        1,
        [
          'NAME KEYS TEAMS',
          'alice ?',
          'bob 1',
          'carol 0 ?',
          'fifi ?',
          'lin ? ?',
          'mia ?',
          'plain ? ?',
          'zoe ?',
          '',
        ],
      ],
    );
    const rule =
      "which lets nobody in: a user's name has small letters, digits, '.', '_' and '-', at most 64; rename";
    for (const name of ['Bob', "$'b\\xf6b\\x1b[2J'"])
      assert.ok(said.includes(`user: ${users}/ has ${name}, ${rule} it with mv`), said.join('\n'));
    const notOf = (one: string): string => `${users}/${one} cannot hold the files of a user`;
    const troubles = said.filter((line) => !line.includes('/ has '));
    assert.deepEqual(troubles, [
      `user: alice cannot log in: cannot read ${users}/alice/authorized_keys: it is a directory; move it away`,
      `user: carol cannot log in: cannot read ${users}/carol/teams: it is a directory; move it away`,
      `user: fifi cannot log in: cannot read ${users}/fifi/authorized_keys: it is not a file but a FIFO; move it away`,
      `user: lin cannot log in: ${notOf('lin')}: it is a symbolic link to nothing; remove it`,
      `user: mia cannot log in: cannot read ${users}/mia/authorized_keys: it is a symbolic link to nothing; remove it`,
      `user: plain cannot log in: ${notOf('plain')}: it is a file and not a directory; move it away`,
      `user: zoe cannot log in: cannot read ${users}/zoe/authorized_keys: anybody may write it; look through it, then run chmod o-w on it`,
    ]);
    const refused = await user('add', 'plain', '--key', key);
    assert.deepEqual(
      [refused.code, refused.said.at(-1)],
      [1, `user: ${notOf('plain')}: it is a file and not a directory; move it away`],
    );

    const added = await user('add', 'dora', '--key', key);
    assert.equal(added.code, 0);
    assert.match(
      added.said.join(),
      /carol\/teams: it is a directory; move it away; whether a team is called dora there/,
    );
    for (const name of ['alice', 'carol', 'fifi', 'lin', 'mia', 'plain', 'zoe'])
      assert.equal((await user('remove', name)).code, 0, name);
    assert.equal((await user('list')).stdout, 'NAME  KEYS  TEAMS\nbob   1\ndora  1\n');
  });

  it('gives files that root creates to the owner of the directory above, under any umask', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root can give files away');
    using state = temporaryDirectory();
    chownSync(state.path, 65_534, 65_533);
    const umask = process.umask(0o077);
    try {
      await hatchery(
        'user',
        'add',
        'alice',
        '--key',
        key,
        '--team',
        'reds',
        '--state-dir',
        state.path,
      );
    } finally {
      process.umask(umask);
    }
    const made = [
      'users',
      'users/alice',
      'users/alice/authorized_keys',
      'users/alice/teams',
      'audit',
    ];
    assert.deepEqual(
      made
        .map((path) => statSync(join(state.path, path)))
        .map(({ uid, gid, mode }) => [uid, gid, mode & 0o777]),
      [0o755, 0o755, 0o644, 0o644, 0o700].map((mode) => [65_534, 65_533, mode]),
    );
    for (const name of readdirSync(join(state.path, 'audit')))
      assert.equal(statSync(join(state.path, 'audit', name)).uid, 65_534);
  });

  it('takes options that the gateway enforces, and no second line for a key with others', async () => {
    using state = temporaryDirectory();
    const user = (...words: string[]): Promise<Outcome> =>
      hatchery('user', ...words, '--state-dir', state.path);
    const from = file('from.pub', `from="192.0.2.0/24" ${text}`);
    assert.equal((await user('add', 'alice', '--key', from)).code, 0);
    assert.equal(
      readFileSync(join(state.path, 'users/alice/authorized_keys'), 'utf8'),
      `from="192.0.2.0/24" ${text}`,
    );
    const again = await user('add', 'alice', '--key', key);
    assert.equal(again.code, 1);
    assert.match(
      again.said.join(),
      /has the key of .* with other options; first hatchery user remove --state-dir \S+ alice --key FILE/,
    );
    await user('remove', 'alice', '--key', key);
    assert.equal((await user('add', 'alice', '--key', key)).code, 0);
  });

  it('removes one key by its file or its fingerprint, and keeps what a person wrote beside it', async () => {
    using state = temporaryDirectory();
    const user = (...words: string[]): Promise<Outcome> =>
      hatchery('user', ...words, '--state-dir', state.path);
    const other = makeKey('four', '-t', 'ed25519');
    await user('add', 'alice', '--key', key);
    await user('add', 'alice', '--key', other);
    const own = join(state.path, 'users/alice/authorized_keys');
    writeFileSync(own, `# since May\n${readFileSync(own, 'utf8')}`);
    assert.match(
      (await user('list', '--keys')).stdout,
      new RegExp(`^alice  ${fingerprintOf('four.pub')}$`.replaceAll('+', '\\+'), 'm'),
    );
    assert.match(
      (await user('remove', 'alice', '--key', fingerprintOf('four.pub'))).stdout,
      /may not log in with SHA256:/,
    );
    assert.equal(readFileSync(own, 'utf8'), `# since May\n${text}`);
    const gone = await user('remove', 'alice', '--key', other);
    assert.deepEqual(
      [gone.code, gone.said.join()],
      [
        1,
        `user: alice has no such key; hatchery user list --state-dir ${state.path} --keys shows those there are`,
      ],
    );
    assert.equal((await user('remove', 'alice', '--key', key)).code, 0);
    assert.equal(readFileSync(own, 'utf8'), '# since May\n');
  });

  it('says that the directory of users is not a directory', async () => {
    using state = temporaryDirectory();
    writeFileSync(join(state.path, 'users'), '');
    const { code, said } = await hatchery('user', 'list', '--state-dir', state.path);
    assert.equal(code, 1);
    assert.deepEqual(said, [
      `user: cannot read ssh.users_dir ${state.path}/users: it is no directory; move it away`,
    ]);
  });

  it('refuses invalid names', async () => {
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

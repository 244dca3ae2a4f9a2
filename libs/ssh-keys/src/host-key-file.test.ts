import assert from 'node:assert/strict';
import { execFileSync, execSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hostKeyObjection, publicHostKeyObjection, unreadHostKey } from './host-key-file.ts';

const directory = temporaryDirectory();
after(() => directory[Symbol.dispose]());

const at = (name: string): string => join(directory.path, name);

function makeKey(name: string, ...words: string[]): string {
  execFileSync('ssh-keygen', ['-q', '-N', '', '-f', at(name), ...words]);
  return at(name);
}

/** The message about a file, and the command in it. */
function told(path: string): { readonly words: string; readonly command: string } {
  const words = hostKeyObjection(readFileSync(path), path, 'it is none');
  return { words, command: /with: (.*)$/.exec(words)?.[1] ?? '' };
}

/** Whether ssh-keygen reads a private key without a passphrase there. */
const isUsable = (path: string): boolean => {
  execFileSync('ssh-keygen', ['-y', '-P', '', '-f', path], { stdio: 'pipe' });
  return true;
};

test('the advice is to make another key only where there is none', () => {
  const [, command = ''] =
    /^it is missing; put it back, or make one with: (.*)$/.exec(
      unreadHostKey('ENOENT', at('no key')),
    ) ?? [];
  execSync(`${command} -q`);
  assert.ok(isUsable(at('no key')));
  for (const code of ['EACCES', 'EPERM'])
    assert.match(
      unreadHostKey(code, at('key')),
      new RegExp(`^uid \\d+ may not read it \\(${code}\\); chown or chmod it$`),
    );
  for (const code of ['EISDIR', 'ELOOP', 'EIO'])
    assert.doesNotMatch(unreadHostKey(code, at('key')), /ssh-keygen/);
});

test('the public half is recognized, and its private half is named if it exists', () => {
  const key = makeKey("it's host", '-t', 'ed25519');
  const { words } = told(`${key}.pub`);
  assert.equal(words, `it is a public key; name its private half in ssh.host_keys as ${key}`);
  assert.ok(existsSync(key) && isUsable(key));
  assert.equal(publicHostKeyObjection(readFileSync(key), key), null);
  renameSync(`${key}.pub`, at('public'));
  assert.equal(
    told(at('public')).words,
    'it is a public key; name its private half in ssh.host_keys',
  );
});

for (const [what, ...words] of [
  ['OpenSSH format', '-t', 'ed25519'],
  ['PEM', '-t', 'rsa', '-b', '2048', '-m', 'PEM'],
  ['PKCS#8', '-t', 'ecdsa', '-m', 'PKCS8'],
] as const)
  test(`a passphrase in ${what} is reported, and the command removes it`, () => {
    const key = makeKey(`locked $x ${what.replace('#', '')}`, ...words);
    execFileSync('ssh-keygen', [
      '-q',
      '-p',
      '-P',
      '',
      '-N',
      'secret',
      '-f',
      key,
      ...words.slice(-2).filter((word) => word !== '-t' && word !== 'ed25519'),
    ]);
    const { words: reason, command } = told(key);
    assert.match(reason, /^it has a passphrase; take that away with: ssh-keygen -p -N '' -f /);
    // A person would type the passphrase; here it is an argument.
    execSync(command.replace('-p', '-q -p -P secret'), { stdio: 'pipe' });
    assert.ok(isUsable(key));
  });

test('a file that is not a key is moved away by hand before the command makes one', () => {
  const path = at('rubbish');
  writeFileSync(path, 'nonsense');
  const { words, command } = told(path);
  assert.match(
    words,
    /^it is none; move it away, then make one with: ssh-keygen -t ed25519 -N '' -f /,
  );
  renameSync(path, at('away'));
  execSync(command, { stdio: 'pipe' });
  assert.ok(isUsable(path));
});

import assert from 'node:assert/strict';
import { execFileSync, execSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery, type Outcome } from '../../test-support/terminal.ts';

const directory = temporaryDirectory();
after(() => directory[Symbol.dispose]());

before(() => {
  const sh = (line: string): void =>
    void execSync(line, { cwd: directory.path, stdio: 'pipe', shell: '/bin/bash' });
  for (const [name, ...words] of [
    ['ed', '-t', 'ed25519'],
    ['rsa', '-t', 'rsa', '-b', '2048'],
    ['rsa2047', '-t', 'rsa', '-b', '2047'],
    ['dsa', '-t', 'dsa'],
    ['p256', '-t', 'ecdsa', '-b', '256'],
    ['p384', '-t', 'ecdsa', '-b', '384'],
    ['p521', '-t', 'ecdsa', '-b', '521'],
    ['pem', '-t', 'rsa', '-b', '2048', '-m', 'PEM'],
  ] as const)
    execFileSync('ssh-keygen', [
      '-q',
      '-N',
      '',
      '-C',
      name,
      '-f',
      join(directory.path, name),
      ...words,
    ]);
  sh('ssh-keygen -q -s p256 -I id -n alice ed.pub; mv ed-cert.pub cert');
  sh(
    `(printf 'from="192.0.2.0/24",restrict '; cat ed.pub) > from; (printf 'command="true" '; cat ed.pub) > command`,
  );
  sh(
    "(printf 'cert-authority '; cat ed.pub) > authority; sed 's/$/\\r/' ed.pub > crlf; tr '\\n' '\\r' < ed.pub > cr",
  );
  sh(
    "(printf '\\xef\\xbb\\xbf'; cat ed.pub) > mark; for e in UTF-16 UTF-16LE UTF-16BE; do iconv -t $e ed.pub > $e; done",
  );
  sh(
    '(printf "\\xfe\\xff"; cat UTF-16BE) > UTF-16BE-mark; ssh-keygen -e -f ed.pub > ssh2; ssh-keygen -e -m PKCS8 -f rsa.pub > pkcs8',
  );
  sh(
    'puttygen ed -O private -o ppk3; puttygen rsa -O private --ppk-param version=2 -o ppk2; sed 1d ed > headless',
  );
  sh(
    "true > empty; echo '# nothing' > comments; (head -c 40 ed.pub; printf '\\0'; cat ed.pub) > nul",
  );
  sh('yes "$(cat ed.pub)" | head -c 10000000 > huge');
});

/** Each file, and the verdict on it; null for one that is accepted. */
const files: readonly (readonly [file: string, reason: RegExp | null])[] = [
  ['ed.pub', null],
  ['rsa.pub', null],
  ['rsa2047.pub', /2048 to 16384 bits, and this one has 2047; make another/],
  ['dsa.pub', /DSA keys are obsolete; make another/],
  ['p256.pub', null],
  ['p384.pub', null],
  ['p521.pub', null],
  ['cert', /it is a certificate, not a key/],
  ['from', null],
  ['command', /the option command is not supported/],
  ['authority', null],
  ['crlf', null],
  ['cr', null],
  ['mark', null],
  ['UTF-16', /it is in UTF-16; convert it/],
  ['UTF-16LE', /it is in UTF-16LE; convert it/],
  ['UTF-16BE', /it is in UTF-16BE; convert it/],
  ['UTF-16BE-mark', /it is in UTF-16; convert it/],
  ['ssh2', /in SSH2 format \(RFC 4716\); convert it/],
  ['ppk2', /a private key of PuTTY/],
  ['ppk3', /a private key of PuTTY/],
  ['ed', /it is a private key, which should not leave/],
  ['pem', /it is a private key, which should not leave/],
  ['headless', /it starts with \d+ characters of base64/],
  ['pkcs8', /it is a public key in PEM/],
  ['nul', /it is binary/],
];

/**
 * Thirty characters from the middle of each line of a private key: none may be printed or stored.
 */
function secretsOf(file: string): string[] {
  return readFileSync(join(directory.path, file), 'latin1')
    .split('\n')
    .filter((line) => /^[A-Za-z0-9+/=]{36,}$/.test(line))
    .map((line) => line.slice(3, 33));
}

for (const [file, reason] of files)
  test(`${file} gets the same verdict from user add and in a user's own file`, async () => {
    using state = temporaryDirectory();
    const users = join(state.path, 'users');
    const user = (...words: string[]): Promise<Outcome> =>
      hatchery('user', ...words, '--state-dir', state.path);
    const added = await user('add', 'alice', '--key', join(directory.path, file));
    mkdirSync(join(users, 'bob'), { recursive: true });
    writeFileSync(join(users, 'bob/authorized_keys'), readFileSync(join(directory.path, file)));
    const listed = await user('list');
    assert.equal(added.code, reason === null ? 0 : 1, added.said.join());
    assert.equal(listed.code, added.code, listed.said.join());
    if (reason !== null) {
      assert.match(added.said.join(), reason);
      assert.match(listed.said.join(), reason);
    }
    const stored = readdirSync(state.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('/bob'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    const told = [...stored, added.stdout, listed.stdout, ...added.said, ...listed.said].join('\n');
    if (['ed', 'pem', 'headless', 'ppk2', 'ppk3'].includes(file))
      for (const secret of secretsOf(file)) assert.ok(!told.includes(secret), secret);
  });

test('a file without a key, and one that is far too long, make no user', async () => {
  using state = temporaryDirectory();
  for (const [file, reason] of [
    ['empty', /it holds no key/],
    ['comments', /it holds no key/],
    ['huge', /it is longer than 65536 bytes/],
    ['/dev/zero', /it is longer than 65536 bytes/],
  ] as const) {
    const path = join('/', file.startsWith('/') ? file : join(directory.path, file));
    const { code, said } = await hatchery(
      'user',
      'add',
      'alice',
      '--key',
      path,
      '--state-dir',
      state.path,
    );
    assert.equal(code, 1);
    assert.match(said.join(), reason);
  }
  assert.match((await hatchery('user', 'list', '--state-dir', state.path)).stdout, /^nobody/);
});

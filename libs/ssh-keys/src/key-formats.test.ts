import assert from 'node:assert/strict';
import { execFileSync, execSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { parseAuthorizedKeys } from './authorized-keys.ts';

const directory = temporaryDirectory();
after(() => directory[Symbol.dispose]());

const at = (name: string): string => join(directory.path, name);

/** Runs a shell command line in the directory. */
function sh(line: string): void {
  execSync(line, { cwd: directory.path, stdio: 'pipe' });
}

function makeKey(name: string, ...words: string[]): void {
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', name, '-f', at(name), ...words]);
}

makeKey('ed', '-t', 'ed25519');
makeKey('rsa', '-t', 'rsa', '-b', '2048');
makeKey('ec', '-t', 'ecdsa');
makeKey('pkcs8', '-t', 'rsa', '-b', '2048', '-m', 'PKCS8');
sh(
  'openssl genpkey -algorithm ed25519 -out edpem 2>/dev/null; openssl pkey -in edpem -pubout -out edpem.public',
);
sh(
  'openssl genpkey -algorithm ed448 -out ed448 2>/dev/null; openssl pkey -in ed448 -pubout -out ed448.public',
);

/** The fingerprint of the one key in a file, as ssh-keygen reads it. */
function fingerprintOf(name: string): string {
  return execFileSync('ssh-keygen', ['-lf', at(name)], { encoding: 'utf8' }).split(' ')[1] ?? '';
}

/** Each format, the shell command that makes such a file (`$f`), and whose key it is. */
const converted: readonly (readonly [what: string, making: string, key: string])[] = [
  ['SSH2 of Ed25519', 'ssh-keygen -e -f ed.pub > "$f"', 'ed.pub'],
  ['SSH2 of RSA', 'ssh-keygen -e -f rsa.pub > "$f"', 'rsa.pub'],
  ['SSH2 of ECDSA with CRLF', 'ssh-keygen -e -f ec.pub | sed "s/$/\\r/" > "$f"', 'ec.pub'],
  ['UTF-16 with a mark, as PowerShell writes', 'iconv -t UTF-16 ed.pub > "$f"', 'ed.pub'],
  ['UTF-16LE without a mark', 'iconv -t UTF-16LE ed.pub > "$f"', 'ed.pub'],
  ['UTF-16BE without a mark', 'iconv -t UTF-16BE rsa.pub > "$f"', 'rsa.pub'],
  ['UTF-32', 'iconv -t UTF-32 ed.pub > "$f"', 'ed.pub'],
  ['a .ppk of version 3', 'puttygen ed -O private -o "$f"', 'ed.pub'],
  ['a .ppk of version 2', 'puttygen rsa -O private --ppk-param version=2 -o "$f"', 'rsa.pub'],
  ['a private key of ssh.com', 'puttygen rsa -O private-sshcom -o "$f"', 'rsa.pub'],
  ['a private key of OpenSSH', 'cat ed > "$f"', 'ed.pub'],
  ['a private key in PKCS#8', 'cat pkcs8 > "$f"', 'pkcs8.pub'],
  ['a public key in PKCS#8', 'ssh-keygen -e -m PKCS8 -f ec.pub > "$f"', 'ec.pub'],
  ['a public key in PKCS#1', 'ssh-keygen -e -m PEM -f rsa.pub > "$f"', 'rsa.pub'],
  [
    'an X.509 certificate',
    'openssl req -x509 -new -key pkcs8 -out "$f" -subj /CN=x 2>/dev/null',
    'pkcs8.pub',
  ],
];

for (const [index, [what, making, key]] of converted.entries()) {
  test(`${what} is refused with a command, which makes a file that is accepted`, () => {
    // A name that a shell splits unless it is quoted.
    const file = at(`it's ${index} $x`);
    sh(`f=${JSON.stringify(file).replaceAll('$', '\\$')}; ${making}`);
    chmodSync(file, 0o644);
    const { keys, ignored } = parseAuthorizedKeys(readFileSync(file), file);
    assert.deepEqual([keys.length, ignored.length], [0, 1]);
    const [, command] =
      /(?:convert it with|take its public half|take its key): (.*)$/.exec(
        ignored[0]?.reason ?? '',
      ) ?? [];
    assert.ok(command !== undefined, ignored[0]?.reason);
    sh(command);
    const after = parseAuthorizedKeys(readFileSync(`${file}.new`), `${file}.new`);
    assert.deepEqual(after.ignored, []);
    assert.deepEqual(
      after.keys.map(({ key: { fingerprint } }) => fingerprint),
      [fingerprintOf(key)],
    );
  });
}

test('Ed25519 in PEM, which ssh-keygen does not convert, is refused with the line to use', () => {
  for (const file of ['edpem', 'edpem.public']) {
    const [ignored] = parseAuthorizedKeys(readFileSync(at(file)), file).ignored;
    const [, line = ''] = /use this line in its place: (.*)$/.exec(ignored?.reason ?? '') ?? [];
    assert.equal(parseAuthorizedKeys(line).keys.length, 1, ignored?.reason);
    writeFileSync(at('line'), `${line}\n`);
    assert.equal(parseAuthorizedKeys(line).keys[0]?.key.fingerprint, fingerprintOf('line'));
  }
});

test('Ed448, for which no command helps, is refused with advice to make another key', () => {
  for (const file of ['ed448', 'ed448.public'])
    assert.match(
      parseAuthorizedKeys(readFileSync(at(file)), file).ignored[0]?.reason ?? '',
      /make another with: ssh-keygen -t ed25519/,
    );
  sh('ssh-keygen -q -t ed25519 -N "" -f another');
  assert.equal(parseAuthorizedKeys(readFileSync(at('another.pub'))).keys.length, 1);
});

test('a certificate is refused with the command that shows its key', () => {
  sh('ssh-keygen -q -s ed -I id -n alice ec.pub');
  const [ignored] = parseAuthorizedKeys(readFileSync(at('ec-cert.pub'))).ignored;
  assert.match(
    ignored?.reason ?? '',
    /it is a certificate, not a key; .* with: ssh-keygen -y -f KEY, /,
  );
  sh('ssh-keygen -y -f ec > half.pub');
  assert.equal(
    parseAuthorizedKeys(readFileSync(at('half.pub'))).keys[0]?.key.fingerprint,
    fingerprintOf('ec.pub'),
  );
});

test('a block among good lines is left out as a whole, and the advice is to separate it first', () => {
  sh('(cat ed.pub; ssh-keygen -e -f rsa.pub; cat ec.pub) > mixed');
  const { keys, ignored } = parseAuthorizedKeys(readFileSync(at('mixed')), 'mixed');
  assert.deepEqual(
    keys.map(({ key, line }) => [key.type, line]),
    [
      ['ssh-ed25519', 1],
      ['ecdsa-sha2-nistp256', readFileSync(at('mixed'), 'utf8').trim().split('\n').length],
    ],
  );
  assert.equal(ignored.length, 1);
  assert.match(
    ignored[0]?.reason ?? '',
    /put its lines into a file of their own, BLOCK, then convert it with: ssh-keygen -i -f BLOCK > BLOCK.new/,
  );
});

test('UTF-8 with a byte order mark, CRLF, CR, and several keys with comments in any script are accepted', () => {
  const [ed = '', rsa = ''] = ['ed.pub', 'rsa.pub'].map((name) =>
    readFileSync(at(name), 'utf8').trim(),
  );
  for (const end of ['\n', '\r\n', '\r'])
    assert.equal(
      parseAuthorizedKeys(`\uFEFF# Schlüssel${end}${ed} häns${end}${end}  ${rsa}${end}`).keys
        .length,
      2,
    );
  assert.equal(parseAuthorizedKeys(Buffer.from(`${ed} h\xe4ns\n`, 'latin1')).keys.length, 1);
});

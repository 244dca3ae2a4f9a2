import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { parseAuthorizedKeys } from './authorized-keys.ts';
import { wireString } from './wire-format.ts';

// Made with ssh-keygen -t ed25519; the fingerprint is what ssh-keygen -l prints for it.
const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILgh+eX1JkbrM/EXZ7ySPe0dpLn8TEeCsrzV5+2/iJJW';
const fingerprint = 'SHA256:jXzsBnYEnhJEGdq9Mx/zlUhejFAqDLCAVOSjHvfTTx4';

test('a key is read with its type and its fingerprint', () => {
  const { keys, ignored } = parseAuthorizedKeys(`${ed25519} alice@example\n`);
  assert.deepEqual(
    keys.map(({ key }) => [key.type, key.fingerprint]),
    [['ssh-ed25519', fingerprint]],
  );
  assert.deepEqual(ignored, []);
});

test('comments, blank lines, leading blanks and CRLF are neither keys nor problems', () => {
  const { keys, ignored } = parseAuthorizedKeys(
    `# a comment\r\n\r\n   \r\n  ${ed25519}\r\n#${ed25519}`,
  );
  assert.equal(keys.length, 1);
  assert.deepEqual(ignored, []);
});

for (const options of [
  'restrict',
  'no-pty',
  'no-port-forwarding,no-X11-forwarding,no-agent-forwarding',
  'restrict,pty',
  'permitopen="a b:1"',
  'NO-PTY',
]) {
  test(`a key with the options ${options} is as good as one without`, () => {
    assert.equal(parseAuthorizedKeys(`${options} ${ed25519} c`).keys.length, 1);
  });
}

for (const options of [
  'command="echo \\"x, y\\""',
  'restrict,command="x"',
  'environment="A=b"',
  'tunnel="0"',
  'no-such-option',
]) {
  test(`a key with ${options} is left out, because the gateway could not enforce the restriction`, () => {
    const { keys, ignored } = parseAuthorizedKeys(`${options} ${ed25519}`);
    assert.deepEqual(keys, []);
    assert.match(ignored[0]?.reason ?? '', /is not supported; take the line out/);
  });
}

for (const [options, reason] of [
  ['from="10.0.0.0/33"', /from=.*malformed/],
  ['from="10.0.0.1,"', /from=.*malformed/],
  ['from', /from=.*malformed/],
  ['expiry-time="20200230"', /expiry-time=.*malformed/],
  ['expiry-time="tomorrow"', /expiry-time=.*malformed/],
  ['principals="alice"', /needs cert-authority/],
  ['cert-authority,principals=""', /names nobody/],
  ['verify-required', /needs a security key/],
  ['from="10.0.0.1",from="10.0.0.2"', /is there twice/],
  ['from=10.0.0.1', /malformed/],
  ['"from', /malformed/],
] as const) {
  test(`a key with the option ${options} is left out with the reason`, () => {
    const { keys, ignored } = parseAuthorizedKeys(`${options} ${ed25519}`);
    assert.deepEqual(keys, []);
    assert.match(ignored[0]?.reason ?? '', reason);
  });
}

test('conditions are kept with their key', () => {
  const [authority, dated] = parseAuthorizedKeys(
    `cert-authority,principals="alice,bob",from="192.0.2.*,!192.0.2.7" ${ed25519}\nexpiry-time="20300102030405Z" ${ed25519}`,
  ).keys;
  assert.deepEqual([authority?.isAuthority, authority?.principals], [true, ['alice', 'bob']]);
  assert.deepEqual(
    ['192.0.2.6', '192.0.2.7', '198.51.100.1'].map((address) => authority?.from?.matches(address)),
    [true, false, false],
  );
  assert.equal(dated?.expiresAtMs, Date.UTC(2030, 0, 2, 3, 4, 5));
});

const leftOut: readonly (readonly [string, string, RegExp])[] = [
  ['an open quote', `command="x ${ed25519}`, /malformed, as by unbalanced quotes/],
  ['no key at all', 'ssh-ed25519', /malformed/],
  ['a key cut short', ed25519.slice(0, -8), /damaged/],
  ['characters that are not base64', ed25519.replace('AAAAC3', 'AAAA!C3'), /damaged/],
  [
    'a key under another type’s name',
    ed25519.replace('ssh-ed25519 ', 'ssh-rsa '),
    /not of the type/,
  ],
  ['a key with a byte too many', `${ed25519.slice(0, -1)}XAAA`, /damaged/],
  ['a DSA key', 'ssh-dss AAAAB3NzaC1kc3MAAAAA', /DSA keys are obsolete; make another/],
  ['a damaged security key', 'sk-ssh-ed25519@openssh.com AAAA', /damaged/],
  ['a certificate', 'ssh-ed25519-cert-v01@openssh.com AAAA', /it is a certificate, not a key/],
  ['an RSA key of 2047 bits', rsaLine(2047), /needs 2048 to 16384 bits, and this one has 2047/],
  ['an RSA key with the exponent 1, by which anybody could sign', rsaWith(2048, [1]), /not safe/],
  ['an RSA key with an even exponent', rsaWith(2048, [1, 0, 0]), /not safe/],
  [
    'an RSA key with an exponent of 72 bits',
    rsaWith(2048, [1, 0, 0, 0, 0, 0, 0, 0, 1]),
    /not safe/,
  ],
  ['an RSA key of 16392 bits', rsaWith(16_392, [1, 0, 1]), /needs 2048 to 16384 bits/],
  [
    'an ECDSA key on another curve than its type',
    curveMixedUp(),
    /the curve of the key is not the nistp256/,
  ],
  [
    'an Ed448 key',
    'ssh-ed448 AAAACXNzaC1lZDQ0OAAAADk= c',
    /keys of the type "ssh-ed448" are not taken; make another/,
  ],
  ['a key of protocol 1', '2048 65537 1234567890 c', /protocol 1 are obsolete/],
  ['prose', 'dear operator', /it starts with "dear", not with the type of a key/],
  ['a line of known_hosts', `host.example ${ed25519}`, /it starts with "host.example", not with/],
  ['an RSA key of 1024 bits', rsaLine(1024), /needs 2048 to 16384 bits, and this one has 1024/],
];

for (const [what, line, reason] of leftOut) {
  test(`left out with its line number: ${what}`, () => {
    const { keys, ignored } = parseAuthorizedKeys(`# first\n${line}\n${ed25519}\n`);
    assert.equal(keys.length, 1, 'the good line stays');
    assert.equal(ignored[0]?.line, 2);
    assert.match(ignored[0]?.reason ?? '', reason);
  });
}

test('lines that may be of a private key without its first line are not repeated in the reason', () => {
  const secret =
    'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQAAACC4';
  for (const line of [
    secret,
    `  ${secret}`,
    `${secret} AAAA`,
    secret.slice(0, 20),
    `${secret} ${secret}`,
  ]) {
    const { keys, ignored } = parseAuthorizedKeys(line);
    assert.deepEqual(keys, []);
    assert.match(ignored[0]?.reason ?? '', /\d+ characters of base64/);
    assert.doesNotMatch(ignored[0]?.reason ?? '', /b3Blbn/);
  }
});

test('an RSA key of 2048 bits is accepted', () => {
  assert.deepEqual(
    parseAuthorizedKeys(rsaLine(2048)).keys.map(({ key }) => key.type),
    ['ssh-rsa'],
  );
});

function rsaLine(modulusLength: number): string {
  const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({
    format: 'jwk',
  });
  return lineOf(
    'ssh-rsa',
    Buffer.from(e, 'base64url'),
    Buffer.concat([Buffer.of(0), Buffer.from(n, 'base64url')]),
  );
}

/** A key with a modulus of this many bits, whose factors nobody knows. */
function rsaWith(bits: number, exponent: readonly number[]): string {
  const modulus = Buffer.alloc(bits / 8, 0xff);
  return lineOf('ssh-rsa', Buffer.from(exponent), Buffer.concat([Buffer.of(0), modulus]));
}

/** Of the type nistp256, with a point of nistp384. */
function curveMixedUp(): string {
  const type = 'ecdsa-sha2-nistp256';
  return lineOf(type, Buffer.from('nistp384'), Buffer.concat([Buffer.of(4), Buffer.alloc(96, 1)]));
}

function lineOf(type: string, ...fields: readonly Buffer[]): string {
  return `${type} ${Buffer.concat([Buffer.from(type), ...fields].map(wireString)).toString('base64')}`;
}

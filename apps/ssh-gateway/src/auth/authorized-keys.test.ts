import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { parseAuthorizedKeys } from './authorized-keys.ts';

// Made with ssh-keygen -t ed25519; the fingerprint is what ssh-keygen -l prints for it.
const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILgh+eX1JkbrM/EXZ7ySPe0dpLn8TEeCsrzV5+2/iJJW';
const fingerprint = 'SHA256:jXzsBnYEnhJEGdq9Mx/zlUhejFAqDLCAVOSjHvfTTx4';

test('a key is read with its type and its fingerprint', () => {
  const { keys, ignored } = parseAuthorizedKeys(`${ed25519} alice@example\n`);
  assert.deepEqual(
    keys.map(({ type, fingerprint: print }) => [type, print]),
    [['ssh-ed25519', fingerprint]],
  );
  assert.deepEqual(ignored, []);
});

test('comments, blank lines, leading blanks and CRLF are no keys and no problems', () => {
  const { keys, ignored } = parseAuthorizedKeys(`# a comment\r\n\r\n   \r\n  ${ed25519}\r\n#${ed25519}`);
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
  'from="10.0.0.0/8"',
  'expiry-time="20200101"',
  'cert-authority',
  'restrict,command="x"',
  'environment="A=b"',
  'verify-required',
  'no-such-option',
]) {
  test(`a key with ${options} is left out, because the restriction could not be kept`, () => {
    const { keys, ignored } = parseAuthorizedKeys(`${options} ${ed25519}`);
    assert.deepEqual(keys, []);
    assert.match(ignored[0]?.reason ?? '', /is not supported$/);
  });
}

const leftOut: readonly (readonly [string, string, RegExp])[] = [
  ['an open quote', `command="x ${ed25519}`, /unbalanced quotes/],
  ['no key at all', 'ssh-ed25519', /not supported|damaged/],
  ['a key cut short', ed25519.slice(0, -8), /damaged/],
  ['characters that are not base64', ed25519.replace('AAAAC3', 'AAAA!C3'), /damaged/],
  ['a key under another type’s name', ed25519.replace('ssh-ed25519 ', 'ssh-rsa '), /not of the type/],
  ['a DSA key', 'ssh-dss AAAAB3NzaC1kc3MAAAAA', /ssh-dss is not supported/],
  ['a security key', 'sk-ssh-ed25519@openssh.com AAAA', /sk-ssh-ed25519@openssh.com is not supported/],
  ['a certificate', 'ssh-ed25519-cert-v01@openssh.com AAAA', /cert-v01@openssh.com is not supported/],
  ['an RSA key of 1024 bits', rsaLine(1024), /at least 2048 bits/],
];

for (const [what, line, reason] of leftOut) {
  test(`left out with its line number: ${what}`, () => {
    const { keys, ignored } = parseAuthorizedKeys(`# first\n${line}\n${ed25519}\n`);
    assert.equal(keys.length, 1, 'the good line stays');
    assert.equal(ignored[0]?.line, 2);
    assert.match(ignored[0]?.reason ?? '', reason);
  });
}

test('an RSA key of 2048 bits is taken', () => {
  assert.deepEqual(
    parseAuthorizedKeys(rsaLine(2048)).keys.map(({ type }) => type),
    ['ssh-rsa'],
  );
});

function rsaLine(modulusLength: number): string {
  const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
  const mpint = (value: string): Buffer => Buffer.concat([Buffer.of(0), Buffer.from(value, 'base64url')]);
  const fields = [Buffer.from('ssh-rsa'), Buffer.from(e, 'base64url'), mpint(n)];
  const blob = Buffer.concat(fields.flatMap((field) => [lengthOf(field), field]));
  return `ssh-rsa ${blob.toString('base64')}`;
}

function lengthOf(field: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return length;
}

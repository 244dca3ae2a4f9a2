import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { parseAuthorizedKeys, parsePublicKey, wireString } from '@hatchery/ssh-keys';
import { SecurityKey } from '../../testing/security-key.ts';
import { objectionTo } from './certificate-check.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import { parseKrl } from './krl.ts';
import { verifySignature } from './signature.ts';

const directory = mkdtempSync(join(tmpdir(), 'hatchery-hostile-'));
after(() => rmSync(directory, { recursive: true }));

function keygen(...argv: string[]): void {
  execFileSync('ssh-keygen', ['-q', ...argv], { cwd: directory });
}

function blobIn(file: string): Buffer {
  return Buffer.from(readFileSync(join(directory, file), 'utf8').split(' ')[1] ?? '', 'base64');
}

keygen('-t', 'ed25519', '-N', '', '-f', 'ed');
keygen('-t', 'ecdsa', '-b', '256', '-N', '', '-f', 'ec', '-m', 'PEM');
keygen('-t', 'rsa', '-b', '2048', '-N', '', '-f', 'rsa', '-m', 'PEM');
keygen(
  '-s',
  'ed',
  '-I',
  'id',
  '-n',
  'alice',
  '-z',
  '7',
  '-O',
  'source-address=127.0.0.1',
  'rsa.pub',
);
keygen('-s', 'ed', '-h', '-I', 'id', '-n', 'alice', 'ec.pub');
const userCertificate = blobIn('rsa-cert.pub');
const message = Buffer.from('the session’s data');

/** Every key type, with a valid signature of {@link message}. */
function signed(): (readonly [string, Buffer, Buffer])[] {
  const ecdsa = sign('sha256', message, {
    key: createPrivateKey(readFileSync(join(directory, 'ec'))),
    dsaEncoding: 'ieee-p1363',
  });
  const scalars = [ecdsa.subarray(0, 32), ecdsa.subarray(32)].map((scalar) =>
    wireString(Buffer.concat([Buffer.of(0), scalar])),
  );
  const rsa = sign('sha512', message, createPrivateKey(readFileSync(join(directory, 'rsa'))));
  const security = (['ed25519', 'ecdsa'] as const).map((kind) => {
    const key = new SecurityKey(kind);
    return [key.type, key.blob, key.sign(message)] as const;
  });
  return [
    [
      'ecdsa-sha2-nistp256',
      blobIn('ec.pub'),
      Buffer.concat([wireString('ecdsa-sha2-nistp256'), wireString(Buffer.concat(scalars))]),
    ],
    [
      'rsa-sha2-512',
      blobIn('rsa.pub'),
      Buffer.concat([wireString('rsa-sha2-512'), wireString(rsa)]),
    ],
    ...security,
  ];
}

/** Flips a bit, cuts the end off, or appends bytes. */
function damaged(whole: Buffer): fc.Arbitrary<Buffer> {
  return fc.oneof(
    fc.nat(whole.length * 8 - 1).map((bit) => {
      const copy = Buffer.from(whole);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return copy;
    }),
    fc.nat(whole.length - 1).map((end) => whole.subarray(0, end)),
    fc.uint8Array({ minLength: 1, maxLength: 9 }).map((more) => Buffer.concat([whole, more])),
  );
}

test('a good signature of each type is valid, under its own name, for its own data and key', () => {
  const all = signed();
  for (const [algorithm, blob, signature] of all) {
    const key = parsePublicKey(blob);
    assert.ok(key, algorithm);
    assert.notEqual(verifySignature(key, algorithm, signature, message), null, algorithm);
    assert.equal(
      verifySignature(key, algorithm, signature, Buffer.from('other data')),
      null,
      algorithm,
    );
    assert.equal(verifySignature(key, 'ssh-ed25519', signature, message), null, algorithm);
    for (const [, other] of all.filter(([name]) => name !== algorithm)) {
      const otherKey = parsePublicKey(other);
      assert.ok(
        otherKey && verifySignature(otherKey, null, signature, message) === null,
        algorithm,
      );
    }
  }
});

for (const [algorithm, blob, signature] of signed()) {
  test(`a damaged ${algorithm} signature is never valid and never throws`, () => {
    const key = parsePublicKey(blob);
    assert.ok(key);
    fc.assert(
      fc.property(damaged(signature), (bytes) => {
        assert.equal(verifySignature(key, null, bytes, message), null);
      }),
      { numRuns: 300 },
    );
  });

  test(`a damaged key for ${algorithm} is rejected, or is another key`, () => {
    fc.assert(
      fc.property(damaged(blob), (bytes) => {
        const key = parsePublicKey(bytes);
        assert.equal(
          key === null ? null : verifySignature(key, algorithm, signature, message),
          null,
        );
      }),
      { numRuns: 300 },
    );
  });
}

test('a SHA-1 signature of RSA is not valid', () => {
  const key = parsePublicKey(blobIn('rsa.pub'));
  const value = sign('sha1', message, createPrivateKey(readFileSync(join(directory, 'rsa'))));
  assert.ok(key);
  for (const name of ['ssh-rsa', 'rsa-sha2-256'])
    assert.equal(
      verifySignature(key, null, Buffer.concat([wireString(name), wireString(value)]), message),
      null,
    );
});

test('an ECDSA signature of zeros, and one of any length, is not valid', () => {
  const key = parsePublicKey(blobIn('ec.pub'));
  assert.ok(key);
  for (const scalar of [
    Buffer.alloc(0),
    Buffer.alloc(32),
    Buffer.alloc(33, 1),
    Buffer.alloc(5000, 1),
    Buffer.of(0x80),
  ]) {
    const value = Buffer.concat([wireString(scalar), wireString(scalar)]);
    const signature = Buffer.concat([wireString('ecdsa-sha2-nistp256'), wireString(value)]);
    assert.equal(verifySignature(key, null, signature, message), null);
  }
});

test('a damaged certificate is rejected', () => {
  assert.notEqual(parseCertificate(userCertificate), null);
  fc.assert(
    fc.property(damaged(userCertificate), (bytes) => {
      assert.equal(parseCertificate(bytes), null);
    }),
    { numRuns: 1000 },
  );
});

test('a host certificate is not a user certificate', () => {
  const certificate = parseCertificate(blobIn('ec-cert.pub'));
  assert.ok(certificate);
  const use = { principals: ['alice'], address: '127.0.0.1', nowMs: Date.now() };
  assert.equal(objectionTo(certificate, use), 'it is not a user certificate');
  const asUser: Certificate = { ...certificate, kind: 'user' };
  assert.equal(objectionTo(asUser, use), null);
});

test('a certificate’s validity is exact to the second', () => {
  const certificate = parseCertificate(userCertificate);
  assert.ok(certificate);
  const hours: Certificate = { ...certificate, validAfterS: 100n, validBeforeS: 200n };
  const at = (nowMs: number): string | null =>
    objectionTo(hours, { principals: ['alice'], address: '127.0.0.1', nowMs });
  assert.deepEqual([at(100_000), at(199_999)], [null, null]);
  assert.match(at(99_999) ?? '', /not valid yet/);
  assert.match(at(200_000) ?? '', /expired/);
});

test('a damaged revocation list is never read as a complete one that revokes less', () => {
  writeFileSync(join(directory, 'specification'), 'serial: 7\n');
  keygen('-k', '-f', 'krl', '-s', 'ed.pub', 'specification');
  const whole = readFileSync(join(directory, 'krl'));
  const certificate = parseCertificate(userCertificate);
  assert.ok(certificate);
  assert.equal(parseKrl(whole)?.hasCertificate(certificate), true);
  for (let end = 0; end < whole.length; end++) {
    const cut = parseKrl(whole.subarray(0, end));
    // A cut between sections cannot be detected: the list then simply lacks that section.
    if (cut !== null) assert.equal(end, 44, `cut at ${end}`);
  }
  fc.assert(fc.property(damaged(whole), (bytes) => void parseKrl(bytes)));
});

test('no input bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      parsePublicKey(buffer);
      parseCertificate(buffer);
      parseKrl(buffer);
      parseAuthorizedKeys(buffer.toString());
    }),
  );
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void parseAuthorizedKeys(text)));
});

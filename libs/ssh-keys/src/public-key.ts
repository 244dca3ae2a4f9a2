import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readWire, tryWire, WireError, type WireReader } from './wire-format.ts';

/**
 * A public key, read from its blob (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4, OpenSSH's
 * PROTOCOL.u2f).
 */
export interface PublicKey {
  readonly type: PublicKeyType;
  readonly blob: Buffer;
  /** As `ssh-keygen -l` prints it: `SHA256:` and unpadded base64. */
  readonly fingerprint: string;
  readonly material: KeyObject;
  /** The application that a security key signs for, such as `ssh:`; null for the others. */
  readonly application: string | null;
}

export type PublicKeyType = keyof typeof readers;

/** Well-funded attackers can factor a smaller modulus (NIST SP 800-131A). */
const rsaBitsMin = 2048;

/** OpenSSL's own limit (OPENSSL_RSA_MAX_MODULUS_BITS), and OpenSSH's. */
const rsaBitsMax = 16_384;

interface KeyFields {
  readonly jwk: JsonWebKey;
  readonly application: string | null;
}

const readers = {
  'ssh-ed25519': (reader: WireReader): KeyFields => ({ jwk: ed25519(reader), application: null }),
  'ecdsa-sha2-nistp256': (reader: WireReader): KeyFields => ({
    jwk: ecdsa(reader, 'nistp256'),
    application: null,
  }),
  'ecdsa-sha2-nistp384': (reader: WireReader): KeyFields => ({
    jwk: ecdsa(reader, 'nistp384'),
    application: null,
  }),
  'ecdsa-sha2-nistp521': (reader: WireReader): KeyFields => ({
    jwk: ecdsa(reader, 'nistp521'),
    application: null,
  }),
  'ssh-rsa': (reader: WireReader): KeyFields => ({ jwk: rsa(reader), application: null }),
  'sk-ssh-ed25519@openssh.com': (reader: WireReader): KeyFields => ({
    jwk: ed25519(reader),
    application: reader.text(),
  }),
  'sk-ecdsa-sha2-nistp256@openssh.com': (reader: WireReader): KeyFields => ({
    jwk: ecdsa(reader, 'nistp256'),
    application: reader.text(),
  }),
};

/** NIST's name of a curve, JOSE's, and the bytes of one coordinate. */
const curves = {
  nistp256: { crv: 'P-256', coordinateBytes: 32 },
  nistp384: { crv: 'P-384', coordinateBytes: 48 },
  nistp521: { crv: 'P-521', coordinateBytes: 66 },
};

/** Whether the gateway can check signatures of such keys. Not ssh-dss. */
export function isPublicKeyType(type: string): type is PublicKeyType {
  return Object.hasOwn(readers, type);
}

/** What to do about a key that is not accepted. */
export const makeAnother = 'make another with: ssh-keygen -t ed25519';

/** Reads a public key; null for one that may not sign in, as {@link readPublicKey} explains. */
export function parsePublicKey(blob: Buffer): PublicKey | null {
  const key = readPublicKey(blob);
  return typeof key === 'string' ? null : key;
}

/**
 * The one rule of which keys may sign in: the gateway can check signatures of its type, the blob is
 * complete, the point is on its curve, and an RSA key has an acceptable size. Returns a key, or the
 * reason against it with what to do.
 */
export function readPublicKey(blob: Buffer): PublicKey | string {
  const read = tryWire(blob, (reader) => {
    const type = reader.name();
    return isPublicKeyType(type) ? { type, ...readers[type](reader) } : reader.fail();
  });
  if (read instanceof WireError) return read.message === '' ? damaged : read.message;
  const material = keyObject(read.jwk);
  if (material === null) return damaged;
  return {
    type: read.type,
    blob,
    fingerprint: fingerprintOf(blob),
    material,
    application: read.application,
  };
}

const damaged = 'the key is damaged; copy the whole line';

/** Whether only the length of its RSA modulus speaks against a plain key (not a certificate). */
export function isShortRsaKey(blob: Buffer): boolean {
  const bits = readWire(blob, (reader) => {
    if (reader.name() !== 'ssh-rsa') return reader.fail();
    reader.positiveInteger();
    return bitsOf(reader.positiveInteger());
  });
  return bits !== null && bits < rsaBitsMin;
}

/** Skips the fields that follow the type's name, which a certificate has in its middle. */
export function readKeyFields(type: PublicKeyType, reader: WireReader): void {
  readers[type](reader);
}

/** `SHA256:…` of a public key blob. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function keyObject(jwk: JsonWebKey): KeyObject | null {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    // OpenSSL rejects it: a point off the curve, a modulus of zero.
    return null;
  }
}

function ed25519(reader: WireReader): JsonWebKey {
  const bytes = reader.bytes();
  return bytes.length === 32 ? { kty: 'OKP', crv: 'Ed25519', x: base64url(bytes) } : reader.fail();
}

function ecdsa(reader: WireReader, name: keyof typeof curves): JsonWebKey {
  const { crv, coordinateBytes } = curves[name];
  if (reader.name() !== name)
    reader.fail(`the curve of the key is not the ${name} of its type; ${makeAnother}`);
  const point = reader.bytes();
  // SEC1 2.3.3; RFC 5656 allows the compressed form, but no program uses it.
  if (point.length !== 1 + 2 * coordinateBytes || point[0] !== 4) reader.fail();
  return {
    kty: 'EC',
    crv,
    x: base64url(point.subarray(1, 1 + coordinateBytes)),
    y: base64url(point.subarray(1 + coordinateBytes)),
  };
}

function rsa(reader: WireReader): JsonWebKey {
  const exponent = reader.positiveInteger();
  const modulus = reader.positiveInteger();
  const bits = bitsOf(modulus);
  if (bits < rsaBitsMin || bits > rsaBitsMax)
    reader.fail(
      `an RSA key needs ${rsaBitsMin} to ${rsaBitsMax} bits, and this one has ${bits}; ${makeAnother}`,
    );
  // With an exponent of 1 anybody could sign; an even one has no inverse; OpenSSL rejects one above
  // 64 bits with a large modulus.
  if (
    exponent.length > 8 ||
    isEven(exponent) ||
    (exponent.length === 1 && exponent[0] === 1) ||
    isEven(modulus)
  )
    reader.fail(`the numbers of the RSA key are not safe; ${makeAnother}`);
  return { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) };
}

function isEven(integer: Buffer): boolean {
  return ((integer.at(-1) ?? 0) & 1) === 0;
}

function bitsOf(integer: Buffer): number {
  return (integer.length - 1) * 8 + (32 - Math.clz32(integer[0] ?? 0));
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}

import { createHash, verify } from 'node:crypto';
import { type PublicKey, type PublicKeyType, readWire, type WireReader } from '@hatchery/ssh-keys';

/** What a valid signature says about the person who made it. Only security keys report it. */
export interface Presence {
  /** The user touched the security key. */
  readonly userPresent: boolean;
  /** The security key checked a PIN or a fingerprint. */
  readonly userVerified: boolean;
}

/**
 * The signature names allowed for each key type, best first (RFC 8332 for RSA, whose SHA-1 is not
 * accepted).
 */
export const signatureAlgorithms: Readonly<Record<PublicKeyType, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'sk-ssh-ed25519@openssh.com': ['sk-ssh-ed25519@openssh.com'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'sk-ecdsa-sha2-nistp256@openssh.com': ['sk-ecdsa-sha2-nistp256@openssh.com'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

const hashes: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'sk-ecdsa-sha2-nistp256@openssh.com': 'sha256',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
};

/** Bytes of r and of s. */
const scalarBytes: Readonly<Record<string, number>> = {
  'ecdsa-sha2-nistp256': 32,
  'ecdsa-sha2-nistp384': 48,
  'ecdsa-sha2-nistp521': 66,
  'sk-ecdsa-sha2-nistp256@openssh.com': 32,
};

/** The two flags of a security key that SSH knows (OpenSSH's PROTOCOL.u2f). */
const flagUserPresent = 0x01;
const flagUserVerified = 0x04;

interface SignatureParts {
  readonly algorithm: string;
  readonly value: Buffer;
  /** The flags and the counter of a security key, as they are signed: five bytes. */
  readonly authenticatorData: Buffer | null;
}

/**
 * Checks a signature blob (RFC 4253 6.6) over `data`. `algorithm` is the announced one, or null to
 * accept any of the key's. Returns null for any invalid signature; never throws, whatever a peer
 * sends.
 */
export function verifySignature(
  key: PublicKey,
  algorithm: string | null,
  signature: Buffer,
  data: Buffer,
): Presence | null {
  const parts = readSignature(key, signature);
  if (parts === null || !signatureAlgorithms[key.type].includes(parts.algorithm)) return null;
  if (algorithm !== null && parts.algorithm !== algorithm) return null;
  const value = valueFor(key, parts);
  if (value === null || !isValid(key, parts, value, data)) return null;
  const flags = parts.authenticatorData?.readUInt8() ?? 0;
  return {
    userPresent: (flags & flagUserPresent) !== 0,
    userVerified: (flags & flagUserVerified) !== 0,
  };
}

function readSignature({ application }: PublicKey, signature: Buffer): SignatureParts | null {
  return readWire(signature, (reader) => {
    const algorithm = reader.name();
    const value = reader.bytes();
    if (application === null) return { algorithm, value, authenticatorData: null };
    const start = reader.position;
    reader.byte();
    reader.uint32();
    return { algorithm, value, authenticatorData: signature.subarray(start, reader.position) };
  });
}

/** The value in OpenSSL's form. */
function valueFor({ material }: PublicKey, { algorithm, value }: SignatureParts): Buffer | null {
  const length = scalarBytes[algorithm];
  if (length !== undefined)
    return readWire(value, (reader) =>
      Buffer.concat([scalar(reader, length), scalar(reader, length)]),
    );
  if (material.asymmetricKeyType !== 'rsa') return value.length === 64 ? value : null;
  // Some signers drop leading zeros, as if it were an integer.
  const modulusBytes = Math.ceil((material.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return value.length > modulusBytes
    ? null
    : Buffer.concat([Buffer.alloc(modulusBytes - value.length), value]);
}

function scalar(reader: WireReader, length: number): Buffer {
  const integer = reader.positiveInteger();
  return integer.length > length
    ? reader.fail()
    : Buffer.concat([Buffer.alloc(length - integer.length), integer]);
}

function isValid(key: PublicKey, parts: SignatureParts, value: Buffer, data: Buffer): boolean {
  const { application, material } = key;
  const { authenticatorData } = parts;
  const signed =
    application === null || authenticatorData === null
      ? data
      : Buffer.concat([sha256(Buffer.from(application)), authenticatorData, sha256(data)]);
  try {
    return verify(
      hashes[parts.algorithm] ?? null,
      signed,
      { key: material, dsaEncoding: 'ieee-p1363' },
      value,
    );
  } catch {
    // OpenSSL throws for some values of the right length instead of reporting an invalid signature.
    return false;
  }
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

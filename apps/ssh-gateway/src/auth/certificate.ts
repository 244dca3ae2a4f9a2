import {
  isPublicKeyType,
  parsePublicKey,
  type PublicKey,
  readKeyFields,
  readWire,
  type WireReader,
  wireString,
} from '@hatchery/ssh-keys';
import { verifySignature } from './signature.ts';

/**
 * An OpenSSH certificate whose signature by `authority` is valid. Source: OpenSSH's
 * PROTOCOL.certkeys.
 */
export interface Certificate {
  /** The key that is certified, in its plain form. */
  readonly key: PublicKey;
  readonly kind: 'user' | 'host';
  readonly serial: bigint;
  /** The authority's name for it, for logs; chosen by the authority. */
  readonly keyId: string;
  readonly principals: readonly string[];
  /** Seconds since 1970: valid from `after` up to, but not at, `before`. */
  readonly validAfterS: bigint;
  readonly validBeforeS: bigint;
  readonly criticalOptions: ReadonlyMap<string, Buffer>;
  readonly extensions: ReadonlyMap<string, Buffer>;
  readonly authority: PublicKey;
}

const suffix = '-cert-v01@openssh.com';

/**
 * The certificate type for a key type: `sk-ssh-ed25519@openssh.com` →
 * `sk-ssh-ed25519-cert-v01@openssh.com`.
 */
export function certificateTypeOf(keyType: string): string {
  return `${keyType.replace(/@openssh\.com$/, '')}${suffix}`;
}

/**
 * The key type for a certificate type, or for the type of a signature by it; null when the name is
 * not a certificate type.
 */
export function plainTypeOf(certificateType: string): string | null {
  if (!certificateType.endsWith(suffix)) return null;
  const base = certificateType.slice(0, -suffix.length);
  return base.startsWith('sk-') ? `${base}@openssh.com` : base;
}

/**
 * Reads a certificate and checks its authority's signature; null when anything is wrong with it.
 * The caller decides whether to trust the authority.
 */
export function parseCertificate(blob: Buffer): Certificate | null {
  const read = readWire(blob, (reader) => readFields(reader, blob));
  if (read === null) return null;
  const { keyBlob, authorityBlob, kind, signature, signed, ...rest } = read;
  const key = parsePublicKey(keyBlob);
  const authority = parsePublicKey(authorityBlob);
  if (key === null || authority === null || (kind !== 1 && kind !== 2)) return null;
  // Only the user who signs in has to touch a security key. An authority's flags are ignored, as in
  // OpenSSH.
  if (verifySignature(authority, null, signature, signed) === null) return null;
  return { ...rest, key, authority, kind: kind === 1 ? 'user' : 'host' };
}

function readFields(
  reader: WireReader,
  blob: Buffer,
): Omit<Certificate, 'key' | 'authority' | 'kind'> & {
  readonly keyBlob: Buffer;
  readonly authorityBlob: Buffer;
  readonly kind: number;
  readonly signature: Buffer;
  readonly signed: Buffer;
} {
  const type = plainTypeOf(reader.name());
  if (type === null || !isPublicKeyType(type)) return reader.fail();
  reader.bytes(); // The nonce makes the signed data unpredictable.
  const keyStart = reader.position;
  readKeyFields(type, reader);
  const keyBlob = Buffer.concat([wireString(type), blob.subarray(keyStart, reader.position)]);
  const serial = reader.uint64();
  const kind = reader.uint32();
  const keyId = reader.text();
  const principals = nested(reader, (inner) =>
    inner.restAsStrings().map((name) => name.toString()),
  );
  const validAfterS = reader.uint64();
  const validBeforeS = reader.uint64();
  const criticalOptions = nested(reader, readOptions);
  const extensions = nested(reader, readOptions);
  reader.bytes(); // Reserved; ignored.
  const authorityBlob = reader.bytes();
  const signed = blob.subarray(0, reader.position);
  const signature = reader.bytes();
  const parts = { keyBlob, authorityBlob, kind, signature, signed };
  return {
    ...parts,
    serial,
    keyId,
    principals,
    validAfterS,
    validBeforeS,
    criticalOptions,
    extensions,
  };
}

function nested<T>(reader: WireReader, read: (inner: WireReader) => T): T {
  return readWire(reader.bytes(), read) ?? reader.fail();
}

/**
 * Require names in ascending order, each once: otherwise two readers could interpret the
 * certificate differently.
 */
function readOptions(reader: WireReader): ReadonlyMap<string, Buffer> {
  const options = new Map<string, Buffer>();
  let last = '';
  while (!reader.isAtEnd) {
    const name = reader.name();
    if (name <= last) reader.fail();
    options.set(name, reader.bytes());
    last = name;
  }
  return options;
}

import { createHash } from 'node:crypto';
import { type PublicKey, readWire, type WireReader } from '@hatchery/ssh-keys';
import type { Certificate } from './certificate.ts';

/** What a key revocation list says about keys and certificates. */
export interface RevokedKeys {
  /** Whether a plain key is revoked: a user's, an authority's, or the key in a certificate. */
  hasKey(key: PublicKey): boolean;
  hasCertificate(certificate: Certificate): boolean;
}

/** `SSHKRL\n\0`, with which every binary list starts. */
export const krlMagic = Buffer.from('SSHKRL\n\0', 'latin1');

interface CertificateRule {
  /** Null for certificates of any authority. */
  readonly authority: Buffer | null;
  readonly revokes: (certificate: Certificate) => boolean;
}

interface Contents {
  readonly keys: Set<string>;
  readonly sha1: Set<string>;
  readonly sha256: Set<string>;
  readonly certificates: CertificateRule[];
}

/**
 * Reads the binary list that `ssh-keygen -k` writes (OpenSSH's PROTOCOL.krl); null when it is
 * malformed or contains unknown elements.
 */
export function parseKrl(bytes: Buffer): RevokedKeys | null {
  const contents: Contents = {
    keys: new Set(),
    sha1: new Set(),
    sha256: new Set(),
    certificates: [],
  };
  const read = readWire(bytes, (reader) => {
    readHeader(reader);
    while (!reader.isAtEnd) readSection(reader.byte(), reader.bytes(), contents, reader);
    return contents;
  });
  return read === null ? null : revokedIn(read);
}

function revokedIn({ keys, sha1, sha256, certificates }: Contents): RevokedKeys {
  const digest = (hash: string, blob: Buffer): string =>
    createHash(hash).update(blob).digest('hex');
  return {
    hasKey: ({ blob }) =>
      keys.has(blob.toString('hex')) ||
      sha1.has(digest('sha1', blob)) ||
      sha256.has(digest('sha256', blob)),
    hasCertificate: (certificate) =>
      certificates.some(
        ({ authority, revokes }) =>
          (authority === null || authority.equals(certificate.authority.blob)) &&
          revokes(certificate),
      ),
  };
}

function readHeader(reader: WireReader): void {
  for (const byte of krlMagic) if (reader.byte() !== byte) reader.fail();
  if (reader.uint32() !== 1) reader.fail();
  reader.uint64(); // The list's own version
  reader.uint64(); // creation time
  reader.uint64(); // flags; none are defined
  reader.bytes(); // reserved
  reader.bytes(); // comment
}

function readSection(type: number, data: Buffer, contents: Contents, reader: WireReader): void {
  const strings = (): string[] =>
    (readWire(data, (inner) => inner.restAsStrings()) ?? reader.fail()).map((item) =>
      item.toString('hex'),
    );
  switch (type) {
    case 1:
      contents.certificates.push(...(readWire(data, readCertificates) ?? reader.fail()));
      return;
    case 2:
      strings().forEach((item) => contents.keys.add(item));
      return;
    case 3:
      strings().forEach((item) => contents.sha1.add(item));
      return;
    case 5:
      strings().forEach((item) => contents.sha256.add(item));
      return;
    case 4:
      // A signature of the list. OpenSSH no longer checks it either: anybody who can write the file
      // can omit the signature.
      return;
    case 255:
      return void (readWire(data, refuseCritical) ?? reader.fail());
    default:
      // An unknown section may revoke something: reject the list rather than apply half of it.
      reader.fail();
  }
}

/**
 * An extension of the list (since OpenSSH 9.4). None is known; a critical one must not be ignored.
 */
function refuseCritical(reader: WireReader): true {
  reader.bytes();
  if (reader.byte() !== 0) reader.fail();
  reader.bytes();
  return true;
}

function readCertificates(reader: WireReader): CertificateRule[] {
  const authority = reader.bytes();
  reader.bytes(); // reserved
  const rules: CertificateRule[] = [];
  while (!reader.isAtEnd) {
    const type = reader.byte();
    const revokes = readWire(reader.bytes(), (inner) => readRule(type, inner)) ?? reader.fail();
    rules.push({ authority: authority.length === 0 ? null : authority, revokes });
  }
  return rules;
}

function readRule(type: number, reader: WireReader): CertificateRule['revokes'] {
  switch (type) {
    case 0x20: {
      const serials = new Set<bigint>();
      while (!reader.isAtEnd) serials.add(reader.uint64());
      return ({ serial }) => serials.has(serial);
    }
    case 0x21: {
      const [low, high] = [reader.uint64(), reader.uint64()];
      return ({ serial }) => serial >= low && serial <= high;
    }
    case 0x22: {
      const first = reader.uint64();
      const bitmap = reader.positiveInteger();
      return ({ serial }) => isSet(bitmap, serial - first);
    }
    case 0x23: {
      const ids = new Set(reader.restAsStrings().map((id) => id.toString()));
      return ({ keyId }) => ids.has(keyId);
    }
    case 0x39:
      refuseCritical(reader);
      return () => false;
    default:
      return reader.fail();
  }
}

/** Bit 0 is the lowest of the last byte. */
function isSet(bitmap: Buffer, bit: bigint): boolean {
  if (bit < 0n || bit >= BigInt(bitmap.length) * 8n) return false;
  const at = Number(bit);
  return (((bitmap[bitmap.length - 1 - (at >> 3)] ?? 0) >> (at & 7)) & 1) === 1;
}

import ssh2, { type ParsedKey } from 'ssh2';
import { isPublicKeyType, wireString } from '@hatchery/ssh-keys';
import { certificateTypeOf, parseCertificate } from '../../auth/certificate.ts';
import { signatureAlgorithms } from '../../auth/signature.ts';
import { signatureValue } from '../ssh2/ssh2-parts.ts';

/** A private key of this host. */
export interface HostKey {
  readonly parsed: ParsedKey;
  readonly blob: Buffer;
  /** Its signature algorithms, best first. */
  readonly algorithms: readonly string[];
}

/** A certificate of one of the keys. */
export interface HostCertificate {
  readonly key: HostKey;
  /** The certificate's own. */
  readonly blob: Buffer;
}

/**
 * How the host proves itself under one name from the key exchange's list of host key algorithms.
 */
export interface HostProof {
  readonly key: HostKey;
  /** The signature's algorithm; equals the name unless that is a certificate's. */
  readonly signatureAlgorithm: string;
  /** K_S: the plain key or the certificate. */
  readonly publicBlob: Buffer;
}

/** All keys and certificates of this host. */
export interface HostKeys {
  readonly keys: readonly HostKey[];
  /**
   * By name, in the order of the offer. Of two keys of a type the first is offered; the others are
   * only announced.
   */
  readonly proofs: ReadonlyMap<string, HostProof>;
}

/** Reads one private key. @throws an Error that says what is wrong with it */
export function parseHostKey(contents: Buffer): HostKey {
  const result = ssh2.utils.parseKey(contents);
  if (result instanceof Error) throw result;
  // The types declare one key; a file in OpenSSH's format gives a list of one.
  const parsed = Array.isArray(result) ? (result[0] as ParsedKey) : result;
  if (!parsed.isPrivateKey()) throw new Error('it is a public key');
  if (parsed.type === 'ssh-dss') throw new Error('DSA keys are obsolete');
  const type: string = parsed.type;
  if (!isPublicKeyType(type)) throw new Error(`keys of the type ${type} are not supported`);
  return { parsed, blob: parsed.getPublicSSH(), algorithms: signatureAlgorithms[type] };
}

/**
 * Reads one host certificate, a line of `ssh-keygen -s … -h`, and finds its key.
 * @throws an Error that says what is wrong with it. `nowMs` in milliseconds since 1970
 */
export function parseHostCertificate(
  contents: Buffer,
  keys: readonly HostKey[],
  nowMs: number,
): HostCertificate {
  const blob = Buffer.from(
    contents
      .toString()
      .trim()
      .split(/[ \t]+/)[1] ?? '',
    'base64',
  );
  const certificate = parseCertificate(blob);
  if (certificate === null) throw new Error('it is no certificate that ssh-keygen made');
  if (certificate.kind !== 'host') throw new Error('it is not a host certificate');
  if (BigInt(Math.floor(nowMs / 1000)) >= certificate.validBeforeS)
    throw new Error('it has expired');
  const key = keys.find((candidate) => candidate.blob.equals(certificate.key.blob));
  if (key === undefined) throw new Error('none of ssh.host_keys is its key');
  return { key, blob };
}

/**
 * Sorts keys and certificates in the order of the offer: certificates first, because a client that
 * knows an authority prefers them.
 */
export function assembleHostKeys(
  keys: readonly HostKey[],
  certificates: readonly HostCertificate[],
): HostKeys {
  const proofs = new Map<string, HostProof>();
  const add = (name: string, proof: HostProof): unknown =>
    proofs.has(name) || proofs.set(name, proof);
  for (const { key, blob } of certificates)
    for (const algorithm of key.algorithms)
      add(certificateTypeOf(algorithm), { key, signatureAlgorithm: algorithm, publicBlob: blob });
  for (const key of keys)
    for (const algorithm of key.algorithms)
      add(algorithm, { key, signatureAlgorithm: algorithm, publicBlob: key.blob });
  return { keys, proofs };
}

/**
 * A key in the form that ssh2's key exchange needs, under the name of one of its signature
 * algorithms and showing `publicBlob`.
 */
export function keyForExchange({ key, signatureAlgorithm, publicBlob }: HostProof): ParsedKey {
  // For a key of type ssh-rsa, ssh2 offers SHA-1 signatures whatever `algorithms` says; under the
  // algorithm's name it does not.
  return Object.create(key.parsed, {
    type: { value: signatureAlgorithm },
    getPublicSSH: { value: () => publicBlob },
  }) as ParsedKey;
}

/** A signature blob (RFC 4253 6.6) of `data`. @throws when the key cannot sign */
export function signAsHost({ parsed }: HostKey, algorithm: string, data: Buffer): Buffer {
  const signature = parsed.sign(
    data,
    { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[algorithm],
  );
  if (signature instanceof Error) throw signature;
  return Buffer.concat([wireString(algorithm), wireString(signatureValue(signature, parsed.type))]);
}

import {
  createHash,
  createPublicKey,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';

/**
 * Post-quantum ML-KEM-768 (FIPS 203) together with X25519: an attacker has to break both. OpenSSH's
 * first choice since 10.0.
 */
export const hybridKeyExchange = 'mlkem768x25519-sha256';

const encapsulationKeyBytes = 1184;
const curveKeyBytes = 32;

/**
 * DER of a SubjectPublicKeyInfo up to the key: of id-alg-ml-kem-768 (RFC 9935) and of id-X25519
 * (RFC 8410).
 */
const encapsulationKeyPrefix = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');
const curveKeyPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/** The server's half of an exchange. */
export interface HybridAnswer {
  /** S_REPLY: the ciphertext, then the server's X25519 key. */
  readonly reply: Buffer;
  /** K, which is hashed as a string, not as an mpint. */
  readonly secret: Buffer;
}

/**
 * Answers a client's C_INIT, the ML-KEM key and then the X25519 key. Source:
 * draft-ietf-sshm-mlkem-hybrid-kex.
 * @throws an Error when C_INIT is malformed, or one of its keys is none
 */
export function answerHybrid(clientInit: Buffer): HybridAnswer {
  if (clientInit.length !== encapsulationKeyBytes + curveKeyBytes)
    throw new Error(`C_INIT of ${hybridKeyExchange} has ${clientInit.length} bytes`);
  const encapsulated = encapsulate(
    importKey(encapsulationKeyPrefix, clientInit.subarray(0, encapsulationKeyBytes)),
  );
  const own = generateKeyPairSync('x25519');
  // Fails at a point of low order, which would make the secret predictable (RFC 7748 6.1).
  const curveSecret = diffieHellman({
    privateKey: own.privateKey,
    publicKey: importKey(curveKeyPrefix, clientInit.subarray(encapsulationKeyBytes)),
  });
  const ownCurveKey = own.publicKey
    .export({ type: 'spki', format: 'der' })
    .subarray(-curveKeyBytes);
  return {
    reply: Buffer.concat([encapsulated.ciphertext, ownCurveKey]),
    secret: createHash('sha256').update(encapsulated.sharedKey).update(curveSecret).digest(),
  };
}

function importKey(prefix: Buffer, key: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([prefix, key]), format: 'der', type: 'spki' });
}

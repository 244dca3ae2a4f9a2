import { signatureAlgorithms } from '../auth/signature.ts';
import { hybridKeyExchange } from './hybrid-key-exchange.ts';

/**
 * What is offered, best first (trap J). Left out of ssh2's defaults, on purpose: finite-field Diffie-Hellman and group exchange (group18
 * blocks the loop 19 ms for anybody who connects), NIST's curves (no client needs them, and auditors ask about them), everything with
 * SHA-1, chacha20 (the slower here and the target of Terrapin, CVE-2023-48795), MACs that are not encrypt-then-MAC, and zlib (a bomb
 * before sign-in).
 */
export const algorithms = {
  kex: [hybridKeyExchange, 'curve25519-sha256', 'curve25519-sha256@libssh.org'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
} as const;

/** What dropbear (2022.83) has in the place of the above: no GCM and no encrypt-then-MAC. */
const dropbearMac = 'hmac-sha2-256';

/** The MACs for a client of this name: only who can do no better is offered less. `software` as in its identification. */
export function macsFor(software: string): readonly string[] {
  return software.startsWith('dropbear_') ? [...algorithms.hmac, dropbearMac] : algorithms.hmac;
}

/** RFC 8308 3.1: what a user's key may sign with. Without it clients take RSA for SHA-1 alone. */
export const userSignatureAlgorithms: readonly string[] = Object.values(signatureAlgorithms).flat();

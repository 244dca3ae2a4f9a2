import type { Algorithms } from 'ssh2';

/**
 * What is offered, best first (trap J). Left out of ssh2's defaults, on purpose:
 * finite-field Diffie-Hellman and group exchange (group18 blocks the loop 19 ms for anybody who connects), everything with SHA-1,
 * chacha20 (the slower here and the target of Terrapin, CVE-2023-48795), and zlib (a bomb before sign-in).
 */
export const algorithms = {
  // The older name comes first for dropbear's sake, which sends its first packet on the guess that curve25519-sha256 is our favourite. ssh2 1.17
  // compares that guess with one character of the name, always finds it wrong and drops the packet: both sides would wait for ever.
  // With a wrong guess dropbear sends again. The client's order decides, so nobody else sees a difference.
  kex: [
    'curve25519-sha256@libssh.org',
    'curve25519-sha256',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  // The last one is not encrypt-then-MAC. Without it dropbear, which has no other (2022.83), could not connect; nobody else gets down to it.
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256'],
  compress: ['none'],
} satisfies Algorithms;

/** For RSA host keys; ssh2 adds SHA-1 to whatever list it is given, see host-keys.ts. */
export const rsaHostKeyAlgorithms = ['rsa-sha2-512', 'rsa-sha2-256'] as const;

import { chmodSync, writeFileSync } from 'node:fs';

/** An SSH server, and what a client needs to sign in. */
export interface Destination {
  readonly user: string;
  readonly port: number;
  readonly keyFile: string;
  readonly knownHostsFile: string;
}

/** The host of all destinations: over a network, we would measure the network. */
export const host = '127.0.0.1';

/** The fastest cipher that both servers offer. */
const fastestCipher = 'aes128-gcm@openssh.com';

/** The exec line of real clients. */
const execLine = 'bzr serve --inet --directory=/ --allow-writes';

/**
 * The ssh client's command for one session there: the same options and algorithms whatever the
 * server is.
 */
export function sshSession(destination: Destination): [string, ...string[]] {
  return sshCommand(destination, fastestCipher);
}

/** As {@link sshSession}, with a chosen cipher. The exec line is the last word. */
export function sshCommand(destination: Destination, cipher: string): [string, ...string[]] {
  const { user, port } = destination;
  return [
    '/usr/bin/ssh',
    ...sshOptions(destination, cipher),
    '-p',
    String(port),
    `${user}@${host}`,
    execLine,
  ];
}

/** Writes the ssh script for brz (BRZ_SSH) and returns its path. */
export function writeSshScript(destination: Destination, path: string): string {
  const options = sshOptions(destination, fastestCipher).map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  writeFileSync(path, `#!/bin/sh\nexec /usr/bin/ssh ${options.join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

function sshOptions({ keyFile, knownHostsFile }: Destination, cipher: string): string[] {
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile="${knownHostsFile}"`,
    'GlobalKnownHostsFile=none',
    'PreferredAuthentications=publickey',
    // Offered by both servers and the fastest here; the defaults would differ between the two.
    'KexAlgorithms=curve25519-sha256',
    'HostKeyAlgorithms=ssh-ed25519',
    `Ciphers=${cipher}`,
    'Compression=no',
  ];
  return ['-F', 'none', '-T', '-x', '-i', keyFile, ...options.flatMap((option) => ['-o', option])];
}

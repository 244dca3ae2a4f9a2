import { chmodSync, writeFileSync } from 'node:fs';

/** An SSH server, and what a client needs to be let in. */
export interface Destination {
  readonly user: string;
  readonly port: number;
  readonly keyFile: string;
  readonly knownHostsFile: string;
}

/** The host of all destinations: figures of a network would be the network's. */
export const host = '127.0.0.1';

/** Of those that both servers offer. */
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

/** As {@link sshSession}, with a cipher of one's choice. The exec line is the last word. */
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

/** Writes the ssh that brz is to use (BRZ_SSH) and returns its path. */
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
    // Those that both servers offer and that are the fastest here; the defaults would differ
    // between the two.
    'KexAlgorithms=curve25519-sha256',
    'HostKeyAlgorithms=ssh-ed25519',
    `Ciphers=${cipher}`,
    'Compression=no',
  ];
  return ['-F', 'none', '-T', '-x', '-i', keyFile, ...options.flatMap((option) => ['-o', option])];
}

import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import type { Config } from '@hatchery/config';
import { proveDescriptors, StartError } from '@hatchery/daemon';
import { hostKeyObjection, unreadHostKey } from '@hatchery/ssh-keys';
import { nativeCryptoLoaded } from './ssh/ssh2/crypto-binding.ts';
import {
  assembleHostKeys,
  parseHostCertificate,
  parseHostKey,
  type HostCertificate,
  type HostKey,
  type HostKeys,
} from './ssh/key-exchange/host-keys.ts';

/**
 * Checks all that serving needs and opens nothing. Returns the host's keys. @throws {StartError} in
 * one line that says what to do
 */
export function proveFeasible(
  { ssh, forker }: Config,
  options: { readonly nativeCryptoLoaded?: () => boolean },
): HostKeys {
  requireNativeCrypto((options.nativeCryptoLoaded ?? nativeCryptoLoaded)());
  proveDescriptors(forker.childrenMax);
  const hostKeys = readHostKeys(ssh.hostKeys, ssh.hostCertificates);
  requireProof(hostKeys, ssh.algorithms.hostKeys);
  if (ssh.keyLookup.source === 'files') requireUsersDirectory(ssh.usersDirectory);
  return hostKeys;
}

/**
 * Reads every host key and certificate. @throws {StartError} that names the file and what to do
 * about it
 */
function readHostKeys(paths: readonly string[], certificatePaths: readonly string[]): HostKeys {
  if (paths.length === 0)
    throw new StartError('no host key is configured; set ssh.host_keys in hatchery.toml');
  const keys = paths.map(readHostKey);
  return assembleHostKeys(
    keys,
    certificatePaths.map((path) => readHostCertificate(path, keys)),
  );
}

/** @throws {StartError} when the host could prove itself to nobody */
function requireProof({ proofs }: HostKeys, algorithms: readonly string[]): void {
  if (algorithms.some((name) => proofs.has(name))) return;
  const able = [...proofs.keys()].join(', ');
  throw new StartError(
    `ssh.host_key_algorithms has none of what ssh.host_keys sign with (${able}); add one of these, or a host key made with: ssh-keygen -t ecdsa -f FILE -N ''`,
  );
}

/** @throws {StartError} when the directory of users cannot be read */
function requireUsersDirectory(directory: string): void {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
  } catch (error) {
    throw new StartError(
      `the directory of users ${directory} cannot be read (${reasonOf(error)}); make it with: mkdir -p ${directory}`,
      { cause: error },
    );
  }
}

/** @throws {StartError} when ssh2 would run on its slow ciphers */
function requireNativeCrypto(loaded: boolean): void {
  if (!loaded) {
    throw new StartError(
      `ssh2's native ciphers are not built for this Node (${process.version}); remove node_modules and run ./hatchery, which builds them`,
    );
  }
}

function readHostCertificate(path: string, keys: readonly HostKey[]): HostCertificate {
  try {
    return parseHostCertificate(readFileSync(path), keys, Date.now());
  } catch (error) {
    throw new StartError(
      `the host certificate ${path} cannot be used (${reasonOf(error)}); make one with: ssh-keygen -s CA -h -I NAME -n HOST KEY.pub`,
      { cause: error },
    );
  }
}

function readHostKey(path: string): HostKey {
  let contents: Buffer;
  try {
    contents = readFileSync(path);
  } catch (error) {
    throw new StartError(
      `the host key ${path} cannot be read: ${unreadHostKey(reasonOf(error), path)}`,
      {
        cause: error,
      },
    );
  }
  let key: HostKey;
  try {
    key = parseHostKey(contents);
  } catch (error) {
    throw new StartError(
      `the host key ${path} cannot be used: ${hostKeyObjection(contents, path, reasonOf(error))}`,
      {
        cause: error,
      },
    );
  }
  requirePrivate(path);
  return key;
}

/**
 * As sshd, which looks at the keys of its own user alone: somebody else's may be lent to a group.
 * @throws {StartError}
 */
function requirePrivate(path: string): void {
  const { mode, uid } = statSync(path);
  if (uid !== process.getuid?.() || (mode & 0o077) === 0) return;
  throw new StartError(
    `others can read or write the host key ${path} (mode ${(mode & 0o777).toString(8)}); make it private with: chmod 600 ${path}, and if it was open for long make another`,
  );
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

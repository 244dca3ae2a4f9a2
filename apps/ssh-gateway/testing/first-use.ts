import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey } from './clients.ts';

/**
 * Makes the host key of a state directory, and a user with a key; returns the path of the private
 * key.
 */
export function makeFirstUse(stateDirectory: string, user: string): string {
  const key = makeKey(stateDirectory, `${user}-key`);
  makeKey(stateDirectory, 'ssh_host_ed25519_key');
  mkdirSync(join(stateDirectory, 'users', user), { recursive: true });
  cpSync(`${key}.pub`, join(stateDirectory, 'users', user, 'authorized_keys'));
  return key;
}

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '@hatchery/config';
import { makeDirectories, modes } from '@hatchery/daemon';

const keyBytes = 32;

/** The key is there, and cannot be trusted or used: others may have read it, or it is no key. */
export class SignInKeyError extends Error {
  readonly code = 'sign_in_key';
  readonly fault = 'system';
}

/** Where the key is that signs the links to the dashboard. Whoever reads it is an admin there. */
export function signInKeyPath(config: Config): string {
  return join(config.stateDirectory, 'dashboard', 'sign-in.key');
}

/**
 * The key in this file. @throws {SignInKeyError} when others can read it or it is damaged
 * @throws the error of the file system, as ENOENT and EACCES
 */
export function readSignInKey(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    if ((fstatSync(fd).mode & 0o077) !== 0)
      throw new SignInKeyError(`${path} can be read by others`);
    const key = Buffer.from(readFileSync(fd, 'utf8').trim(), 'base64url');
    if (key.length !== keyBytes) throw new SignInKeyError(`${path} is damaged`);
    return key;
  } finally {
    closeSync(fd);
  }
}

/**
 * The key in this file, made when there is none. One that cannot be trusted gives way to a new one,
 * so that its links are worth nothing; `replaced` says why. @throws the error of the file system
 */
export function openSignInKey(path: string): {
  readonly key: Buffer;
  readonly replaced: string | null;
} {
  makeDirectories(dirname(path), modes.secretDirectory);
  let replaced: string | null = null;
  try {
    return { key: readSignInKey(path), replaced };
  } catch (error) {
    if (error instanceof SignInKeyError) {
      replaced = error.message;
      rmSync(path, { force: true });
    } else if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const scratch = `${path}.${process.pid}`;
  writeFileSync(scratch, `${randomBytes(keyBytes).toString('base64url')}\n`, {
    mode: modes.secretFile,
    flush: true,
  });
  try {
    // Of two that start at once link(2) lets one through, and both read the same whole key.
    linkSync(scratch, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(scratch, { force: true });
  }
  return { key: readSignInKey(path), replaced };
}

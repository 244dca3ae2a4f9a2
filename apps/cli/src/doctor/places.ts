import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  auditDirectory,
  breezyHome,
  defaultHostKey,
  eventsDirectory,
  partsDirectory,
  readOnlyDirectory,
  type Config,
} from '@hatchery/config';
import { findSessionUser, foreignPlaceIn } from '@hatchery/daemon';
import { megabytes } from '@hatchery/display';
import { signInKeyPath } from '@hatchery/sign-in-links';
import { hostKeyObjection, publicHostKeyObjection, unreadHostKey } from '@hatchery/ssh-keys';
import { diskFreeBytesMin, examinationMsMax } from '../limits.ts';
import type { Check } from './check.ts';

/** Directories, host keys and the room on their disks. */
export function checkPlaces(config: Config): Check[] {
  const places = [
    ['state directory', config.stateDirectory],
    ['runtime directory', config.runtimeDirectory],
    ['locks directory', config.locks.directory],
  ] as const;
  const isFirstUse = !existsSync(config.ssh.usersDirectory);
  return [
    ...inTheWay(config),
    ...places.map(([name, path]) => ({ what: `${name} ${path}`, trouble: unwritable(path) })),
    { what: `hosting root ${config.hosting.root}`, trouble: hostingTrouble(config) },
    { what: `users directory ${config.ssh.usersDirectory}`, trouble: usersTrouble(config) },
    ...config.ssh.hostKeys.map((path) => {
      const isMade = isFirstUse && path === defaultHostKey(config.stateDirectory);
      return checkHostKey(path, isMade);
    }),
    ...[...new Set([config.stateDirectory, config.hosting.root])].map((path) => checkRoom(path)),
  ];
}

/**
 * Of what the parts make in the state directory, those places where no directory is. What cannot be
 * looked at is told of the state directory.
 */
function inTheWay(config: Config): Check[] {
  const own = [partsDirectory, auditDirectory, eventsDirectory, readOnlyDirectory, breezyHome].map(
    (of) => of(config),
  );
  return [...own, dirname(signInKeyPath(config))].filter(isTaken).map((path) => ({
    what: `directory ${path}`,
    trouble: 'a file is in its place; move it away',
  }));
}

function isTaken(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Why a directory cannot be written or made, or null. What is missing is made by the start. */
export function unwritable(path: string): string | null {
  const standing = existingAncestor(path);
  try {
    if (!statSync(standing).isDirectory()) return `${standing} is no directory; move it away`;
    accessSync(standing, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EROFS')
      return `${standing} is on a read-only file system; configure another directory`;
    if (code === 'EACCES')
      return `${standing} is not writable for uid ${process.getuid?.() ?? '?'} (EACCES); chown it`;
    return message;
  }
}

/** It is the account of sessions that writes there, where they have one. */
function hostingTrouble(config: Config): string | null {
  const { root } = config.hosting;
  try {
    const owner = statSync(root, { throwIfNoEntry: false })?.uid;
    if (owner !== undefined && owner === findSessionUser(config).account?.uid)
      return foreignPlaceIn(config);
  } catch {
    // It cannot be used as it is configured, which is told of the account.
  }
  return unwritable(root);
}

/**
 * Whoever has a host key had users once: without their directory nobody can sign in, and a start
 * would make an empty one.
 */
function usersTrouble({ ssh }: Config): string | null {
  const { usersDirectory, hostKeys, keyLookup } = ssh;
  const isLost =
    keyLookup.source === 'files' &&
    !existsSync(usersDirectory) &&
    hostKeys.every((key) => existsSync(key));
  return isLost
    ? `it is gone; mount its disk or put it back (mkdir -p makes an empty one)`
    : unwritable(usersDirectory);
}

/**
 * A new host key alarms every client that knows the old one, so that only a first use may make it,
 * and only the default one.
 */
function checkHostKey(path: string, isMade: boolean): Check {
  const what = `host key ${path}`;
  const contents = isMade && !existsSync(path) ? unwritable(dirname(path)) : readOrWhyNot(path);
  if (contents === null) return { what, trouble: null };
  if (typeof contents === 'string') return { what, trouble: contents };
  const objection = publicHostKeyObjection(contents, path);
  if (objection !== null) return { what, trouble: objection };
  const { mode, uid } = statSync(path);
  if ((mode & 0o077) !== 0 && uid === process.getuid?.())
    return { what, trouble: `others can read it; chmod 600 ${path}` };
  try {
    execFileSync('ssh-keygen', ['-y', '-P', '', '-f', path], {
      stdio: 'pipe',
      timeout: examinationMsMax,
    });
    return { what, trouble: null };
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: Buffer };
    // The gateway reads the key by itself: that this tool does not run is no trouble of the
    // service.
    const why =
      code === 'ENOENT'
        ? 'ssh-keygen is missing'
        : /No user exists for uid \d+/.exec(String(stderr))?.[0];
    if (why !== undefined) return { what: `${what} (not examined: ${why})`, trouble: null };
    return { what, trouble: hostKeyObjection(contents, path, 'it is no private key') };
  }
}

function readOrWhyNot(path: string): Buffer | string {
  try {
    return readFileSync(path);
  } catch (error) {
    return unreadHostKey((error as NodeJS.ErrnoException).code ?? 'EIO', path);
  }
}

/** `bytesMin` is what must be free. */
export function checkRoom(path: string, bytesMin: number = diskFreeBytesMin): Check {
  const { bavail, bsize, files, ffree } = statfsSync(existingAncestor(path));
  const what = `room for ${path}`;
  const free = bavail * bsize;
  if (free < bytesMin)
    return { what, trouble: `${megabytes(free)} are free, ${megabytes(bytesMin)} are needed` };
  // Some file systems, as btrfs, have no fixed number of them and say 0.
  if (files > 0 && ffree === 0) return { what, trouble: 'no inode is free; remove files' };
  return { what, trouble: null };
}

function existingAncestor(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingAncestor(dirname(path));
}

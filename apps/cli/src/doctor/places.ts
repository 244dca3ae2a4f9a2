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

/** Directories, host keys and free space on their disks. */
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
 * The places in the state directory where a part needs a directory and something else is. If they
 * cannot be read, the state directory is reported.
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

/** Why a directory cannot be written or made, or null. The start makes missing ones. */
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

/** The account of sessions writes there, if one is configured. */
function hostingTrouble(config: Config): string | null {
  const { root } = config.hosting;
  try {
    const owner = statSync(root, { throwIfNoEntry: false })?.uid;
    if (owner !== undefined && owner === findSessionUser(config).account?.uid)
      return foreignPlaceIn(config);
  } catch {
    // The account cannot be used as configured; its own check reports that.
  }
  return unwritable(root);
}

/**
 * A service with a host key had users once: without their directory nobody can sign in, and a start
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
 * A new host key alarms every client that knows the old one. So only a first use may make one, and
 * only the default one.
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
    // The gateway reads the key itself: if ssh-keygen does not run, that is no trouble of the
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

/** `bytesMin` must be free. */
export function checkRoom(path: string, bytesMin: number = diskFreeBytesMin): Check {
  const { bavail, bsize, files, ffree } = statfsSync(existingAncestor(path));
  const what = `room for ${path}`;
  const free = bavail * bsize;
  if (free < bytesMin)
    return { what, trouble: `${megabytes(free)} are free, ${megabytes(bytesMin)} are needed` };
  // Some file systems, such as btrfs, have no fixed number of inodes and report 0.
  if (files > 0 && ffree === 0) return { what, trouble: 'no inode is free; remove files' };
  return { what, trouble: null };
}

function existingAncestor(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingAncestor(dirname(path));
}

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { runtimeLink, type Config } from '@hatchery/config';
import { runtimeLinkLookMs } from './limits.ts';
import { makeDirectories } from './make-directories.ts';
import { modes } from './modes.ts';
import { StartError } from './start-error.ts';

/**
 * Makes the directory of the sockets, and the short name of one whose own is too long: whoever
 * makes it as a directory under that name takes the name's place. @throws {StartError} when one of
 * them cannot be made
 */
export function makeRuntimeDirectory(config: Config): void {
  const link = runtimeLink(config);
  try {
    makeDirectories(link?.target ?? config.runtimeDirectory, modes.passage);
  } catch (error) {
    throw new StartError((error as Error).message, { cause: error });
  }
  if (link !== null) makeLink(link);
}

/**
 * Makes the short name of a runtime directory whose own is too long for a socket, and makes it anew
 * whenever somebody has cleaned it away; does nothing for a runtime directory without one. `failed`
 * hears why it cannot be made anew.
 * @throws {StartError} when it cannot be made
 */
export function keepRuntimeLink(config: Config, failed: (error: Error) => void): Disposable {
  const link = runtimeLink(config);
  if (link === null) return { [Symbol.dispose]: () => undefined };
  makeRuntimeDirectory(config);
  let lastFailure = '';
  const timer = setInterval(() => {
    try {
      makeLink(link);
      lastFailure = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== lastFailure) failed(error as Error);
      lastFailure = message;
    }
  }, runtimeLinkLookMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function makeLink({ path, target }: { readonly path: string; readonly target: string }): void {
  if (leadsTo(path) === target) return;
  const directory = dirname(path);
  try {
    makeDirectories(target, modes.passage);
    makeOwn(directory, statSync(dirname(target)).uid);
    const scratch = `${path}.${process.pid}`;
    rmSync(scratch, { force: true });
    symlinkSync(target, scratch);
    // An empty one holds nobody's sockets.
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) rmdirSync(path);
    renameSync(scratch, path);
  } catch (error) {
    if (error instanceof StartError) throw error;
    const { message } = error as Error;
    throw new StartError(
      `cannot make ${path}: ${message}; set runtime_dir to a short path of your own`,
      {
        cause: error,
      },
    );
  }
}

/** In /tmp anybody can have made it before us, and would then have our sockets. */
function makeOwn(directory: string, owner: number): void {
  try {
    mkdirSync(directory, { mode: modes.passage });
    chmodSync(directory, modes.passage);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(directory);
  const isOurs =
    found.isDirectory() &&
    [0, owner, process.getuid?.()].includes(found.uid) &&
    (found.mode & 0o022) === 0;
  if (isOurs) return;
  throw new StartError(
    `${directory} is somebody else's (uid ${found.uid}); remove it, or set runtime_dir to a short path of your own`,
  );
}

function leadsTo(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

import { chmodSync, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { explainFullDisk, modes } from './modes.ts';

/**
 * A directory that cannot be made, in one line for a person: it says what is in the way, and the
 * remedy. The system's own words are not in it.
 */
export class DirectoryError extends Error {
  /** Of the system, as `EEXIST`. */
  readonly code: string;
  /** What could not be made: the directory, or what is missing above it. */
  readonly path: string;

  constructor(message: string, code: string, path: string) {
    super(message);
    this.name = 'DirectoryError';
    this.code = code;
    this.path = path;
  }
}

const setGroupId = 0o2000;

/**
 * Makes a directory with exactly `mode`, under any umask, unless it is there; those above it that
 * are missing are made with {@link modes.passage}. A directory that hands its group on
 * (set-group-ID) hands that on, too. Node's own way of this (`recursive`) never returns where the
 * system says of a directory to be made that it is missing, as below /proc.
 * @throws {DirectoryError}, and an Error that says what to do when the disk is full
 */
export function makeDirectories(path: string, mode: number): void {
  for (const directory of missingOf(path)) {
    try {
      mkdirSync(directory, { mode: 0o700 });
      const inherited = statSync(directory).mode & setGroupId;
      chmodSync(directory, (directory === path ? mode : modes.passage) | inherited);
    } catch (error) {
      // Somebody else may have made it meanwhile.
      const isThere = statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isThere)
        throw explain(error as NodeJS.ErrnoException, path, directory);
    }
  }
}

/** The directory itself in any case, so that a file in its place is an error. */
function missingOf(path: string): string[] {
  const missing = [path];
  for (let above = dirname(path); !existsSync(above); above = dirname(above))
    missing.unshift(above);
  return missing;
}

/**
 * `directory` is `path`, or what is missing above it. The place of each directory that Hatchery
 * makes follows from a key of the configuration.
 */
function explain(error: NodeJS.ErrnoException, path: string, directory: string): unknown {
  const { code } = error;
  const ofDisk = explainFullDisk(error, directory);
  if (ofDisk !== error || code === undefined) return ofDisk;
  const message = `cannot make ${path}: ${whyNot(error, directory)}, or configure another`;
  return new DirectoryError(message, code, directory);
}

function whyNot({ code = '', errno = 0 }: NodeJS.ErrnoException, directory: string): string {
  switch (code) {
    case 'EEXIST':
      return lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink() === true
        ? 'a symbolic link that leads to no directory is in its place; move it away'
        : 'a file is in its place; move it away';
    case 'ENOTDIR':
      return `the file ${fileAbove(directory)} is in its way; move that away`;
    case 'EACCES':
      return `uid ${process.getuid?.() ?? '?'} may not write above it; make it and chown it`;
    case 'ENOENT':
      return 'nothing can be made there (ENOENT); mount its disk';
    case 'EROFS':
      return 'its file system is read-only; mount it for writing';
    default:
      return `${getSystemErrorMessage(errno)} (${code}); see to that`;
  }
}

function fileAbove(directory: string): string {
  let above = dirname(directory);
  while (!existsSync(above)) above = dirname(above);
  return above;
}

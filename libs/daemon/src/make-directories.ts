import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { explainFullDisk, modes } from './modes.ts';

const setGroupId = 0o2000;

/**
 * Makes a directory with exactly `mode`, under any umask, unless it is there; those above it that are missing are made with
 * {@link modes.passage}. A directory that hands its group on (set-group-ID) hands that on, too. Node's own way of this
 * (`recursive`) never returns where the system says of a directory to be made that it is missing, as below /proc.
 * @throws the system's error
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
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isThere) throw explainFullDisk(error, directory);
    }
  }
}

/** The directory itself in any case, so that a file in its place is an error. */
function missingOf(path: string): string[] {
  const missing = [path];
  for (let above = dirname(path); !existsSync(above); above = dirname(above)) missing.unshift(above);
  return missing;
}

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it that are missing, each with `mode`. Node's own way of this (`recursive`) never returns
 * where the system says of a directory to be made that it is missing, as below /proc.
 * @throws the system's error
 */
export function makeDirectories(path: string, mode = 0o777): void {
  for (const directory of missingOf(path)) {
    try {
      mkdirSync(directory, { mode });
    } catch (error) {
      // Somebody else may have made it meanwhile.
      const isThere = statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isThere) throw error;
    }
  }
}

/** The directory itself in any case, so that a file in its place is an error. */
function missingOf(path: string): string[] {
  const missing = [path];
  for (let above = dirname(path); !existsSync(above); above = dirname(above)) missing.unshift(above);
  return missing;
}

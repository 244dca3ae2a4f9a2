import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { childIdOfDirectory } from '@hatchery/protocol';
import { expiryOf } from './child-name.ts';

/** Removes a pipe directory that its child can remove no more. False when it was gone. */
export function removePipeDirectory(directory: string): boolean {
  try {
    rmSync(directory, { recursive: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Removes the pipe directories that a service which was killed with its keeper left here, once their names say that they are stale. */
export function collectStaleDirectories(runtimeDirectory: string, now: Date): string[] {
  return readdirSync(runtimeDirectory)
    .map((name) => join(runtimeDirectory, name))
    .filter((directory) => {
      const id = childIdOfDirectory(directory);
      const expiry = id === null ? null : expiryOf(id, runtimeDirectory);
      return expiry !== null && expiry < now && removePipeDirectory(directory);
    });
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepDepthMax } from './limits.ts';

/** Called after each directory; it may wait, or throw to end the walk. */
export type Pace = (directories: number) => Promise<void>;

/**
 * Walks a hosting root and calls `visit` with each directory that holds a branch, repository or
 * working tree. Does not follow symlinks; reports unreadable directories to `unreadable`.
 * @returns the number of directories read
 */
export async function walkBranches(
  root: string,
  visit: (directory: string) => void,
  pace: Pace,
  unreadable: (directory: string, error: NodeJS.ErrnoException) => void,
): Promise<number> {
  let read = 0;
  const walk = async (directory: string, depth: number): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        // It may have gone since its parent was read.
        if (error.code !== 'ENOENT') unreadable(directory, error);
        return [];
      },
    );
    read += 1;
    if (entries.some((entry) => entry.name === '.bzr' && entry.isDirectory())) visit(directory);
    await pace(read);
    if (depth >= sweepDepthMax) return;
    for (const entry of entries) {
      if (entry.isDirectory() && entry.name !== '.bzr')
        await walk(join(directory, entry.name), depth + 1);
    }
  };
  await walk(root, 0);
  return read;
}

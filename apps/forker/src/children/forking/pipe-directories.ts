import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { childIdOfDirectory, pipeDirectoryPrefix } from '@hatchery/protocol';
import { expiryOf } from './child-name.ts';

/** Where a child's pipes are. */
export function pipeDirectoryOf(runtimeDirectory: string, id: string): string {
  return join(runtimeDirectory, pipeDirectoryPrefix + id);
}

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

/** What one collection came to. */
export interface Collection {
  readonly collected: readonly string[];
  /** What is garbage and could not be removed, with the reason. */
  readonly stuck: readonly { readonly directory: string; readonly error: string }[];
}

/**
 * Removes the pipe directories that a service which was killed with its keeper left here, once
 * their names say that they have expired and no child of ours lives by that name. What another
 * service owns, and what no service of this kind has named, is none of our business.
 */
export function collectStaleDirectories(
  runtimeDirectory: string,
  now: Date,
  lives: (id: string) => boolean = () => false,
): Collection {
  const collected: string[] = [];
  const stuck: Collection['stuck'][number][] = [];
  for (const name of readdirSync(runtimeDirectory)) {
    const directory = join(runtimeDirectory, name);
    if (!isStale(directory, runtimeDirectory, now, lives)) continue;
    try {
      if (removePipeDirectory(directory)) collected.push(directory);
    } catch (error) {
      stuck.push({ directory, error: (error as Error).message });
    }
  }
  return { collected, stuck };
}

function isStale(
  path: string,
  runtimeDirectory: string,
  now: Date,
  lives: (id: string) => boolean,
): boolean {
  const id = childIdOfDirectory(path);
  const expiry = id === null ? null : expiryOf(id, runtimeDirectory);
  if (id === null || expiry === null || expiry >= now || lives(id)) return false;
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

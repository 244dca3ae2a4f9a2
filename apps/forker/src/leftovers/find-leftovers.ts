import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Leftover } from '@hatchery/events';

/** What a look at leftovers needs to know of who may still be at work. */
export interface InUse {
  /** Whether some process has the file open. */
  readonly isOpen: (path: string) => boolean;
  /**
   * Whether a session lives that has opened this branch or one that may share its repository, or
   * that nobody can tell of.
   */
  readonly hasSession: (directory: string) => boolean;
  readonly nowMs: number;
  /** What has changed since so long ago is not looked at as left behind. */
  readonly ageMsMin: number;
}

type Found = Pick<Leftover, 'path' | 'kind'>;

/**
 * What was left behind in the branch, repository or place in a directory of the hosting root.
 * Throws nothing: what is gone meanwhile is not left behind.
 */
export function findLeftovers(directory: string, root: string, inUse: InUse): Leftover[] {
  const branch = relative(root, directory);
  const control = join(directory, '.bzr');
  const found: Found[] = [
    ...namesIn(join(control, 'repository/upload')).map(
      (path) => ({ path, kind: 'upload' }) as const,
    ),
    ...['branch/lock', 'repository/lock', 'checkout/lock'].flatMap((lock) =>
      namesIn(join(control, lock))
        .filter((path) => path.endsWith('.tmp'))
        .map((path) => ({ path, kind: 'lock' }) as const),
    ),
    ...namesIn(directory)
      .filter((path) => /\/\.bzr\.[a-z0-9]{20}\.tmp$/.test(path))
      .map((path) => ({ path, kind: 'place' }) as const),
  ];
  return found.flatMap((one) => {
    const measured = measure(one.path);
    if (measured === null) return [];
    const { bytes, changedMs } = measured;
    const owner = branch.split('/', 1)[0] ?? '';
    const keptFor = whyKept(one.path, directory, changedMs, inUse);
    return [
      { ...one, owner, branch, bytes, changedAt: new Date(changedMs).toISOString(), keptFor },
    ];
  });
}

/**
 * Nothing is collected of which anybody may still make use: a lock of the repository is not held
 * while a pack is written.
 */
function whyKept(path: string, directory: string, changedMs: number, inUse: InUse): string | null {
  if (inUse.nowMs - changedMs < inUse.ageMsMin)
    return `it changed within the last ${inUse.ageMsMin / 60_000} minutes`;
  if (inUse.hasSession(directory)) return 'a session that runs may use it';
  return inUse.isOpen(path) ? 'a process has it open' : null;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
}

/** Of a directory, with all that is in it; null when it is gone. Links are not followed. */
function measure(path: string): { readonly bytes: number; readonly changedMs: number } | null {
  try {
    const { size, mtimeMs, ctimeMs } = lstatSync(path);
    const inside = namesIn(path).flatMap((name) => measure(name) ?? []);
    return {
      bytes: inside.reduce((sum, { bytes }) => sum + bytes, size),
      changedMs: inside.reduce(
        (newest, { changedMs }) => Math.max(newest, changedMs),
        Math.max(mtimeMs, ctimeMs),
      ),
    };
  } catch {
    return null;
  }
}

import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Leftover } from '@hatchery/events';

/** What the search for leftovers needs to know about processes that may still use them. */
export interface InUse {
  /** Whether some process has the file open. */
  readonly isOpen: (path: string) => boolean;
  /**
   * Whether a living session has opened this branch, or one that may share its repository, or
   * whether that is unknown.
   */
  readonly hasSession: (directory: string) => boolean;
  readonly nowMs: number;
  /** Anything that changed more recently than this does not count as left behind. */
  readonly ageMsMin: number;
}

type Found = Pick<Leftover, 'path' | 'kind'>;

/**
 * The leftovers of the branch, repository or place in a directory of the hosting root. Never
 * throws: a file that disappears meanwhile is not left behind.
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
 * Collects nothing that could still be used: a session writes packs without holding the
 * repository's lock.
 */
function whyKept(path: string, directory: string, changedMs: number, inUse: InUse): string | null {
  if (inUse.nowMs - changedMs < inUse.ageMsMin)
    return `it changed within the last ${inUse.ageMsMin / 60_000} minutes`;
  if (inUse.hasSession(directory)) return 'a running session may use it';
  return inUse.isOpen(path) ? 'a process has it open' : null;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
}

/** The size of a directory with all its content; null when it is gone. Does not follow links. */
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

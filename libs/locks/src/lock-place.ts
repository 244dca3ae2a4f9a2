import type { LockKind } from '@hatchery/events';

/** Where a physical lock of Breezy is. */
export interface LockPlace {
  /** Absolute path of the lock's directory, as `/srv/hosting/~alice/trunk/.bzr/branch/lock`. */
  readonly path: string;
  readonly kind: LockKind;
  /**
   * The locked directory: relative to the hosting root if it is below it, else the absolute path.
   */
  readonly name: string;
}

const kinds: readonly (readonly [part: string, kind: LockKind])[] = [
  ['/.bzr/branch/lock', 'branch'],
  ['/.bzr/repository/lock', 'repository'],
  ['/.bzr/checkout/lock', 'working-tree'],
];

/**
 * The place of a lock by its directory; null unless it is the lock of a branch, a repository or a
 * working tree.
 */
export function placeOfLock(path: string, hostingRoot: string): LockPlace | null {
  const found = kinds.find(([part]) => path.endsWith(part));
  if (found === undefined) return null;
  const [part, kind] = found;
  const locked = path.slice(0, -part.length);
  return {
    path,
    kind,
    name: locked.startsWith(`${hostingRoot}/`) ? locked.slice(hostingRoot.length + 1) : locked,
  };
}

/** The places where a branch directory can have locks, whether they exist or not. */
export function placesOf(directory: string, hostingRoot: string): LockPlace[] {
  return kinds.flatMap(([part]) => placeOfLock(directory + part, hostingRoot) ?? []);
}

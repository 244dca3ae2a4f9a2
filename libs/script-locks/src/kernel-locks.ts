import { fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { deviceName, parseKernelLocks, type KernelLock } from '@hatchery/locks';

/** Every lock on files of this machine that this process may know of. */
export function kernelLocks(): KernelLock[] {
  return parseKernelLocks(readFileSync('/proc/locks', 'utf8'));
}

/** Those of one file. */
export function locksOfFile(all: readonly KernelLock[], path: string): KernelLock[] {
  const { dev, ino } = statSync(path);
  return all.filter(({ device, inode }) => inode === ino && device === deviceName(dev));
}

/**
 * Locks that others hold on an open file by fcntl(2), as Python's `fcntl.lockf` does. They and flock(2) do not see each
 * other (flock(2), NOTES), so whoever respects both has to look.
 */
export function foreignKernelLocks(descriptor: number): KernelLock[] {
  const { dev, ino } = fstatSync(descriptor);
  const name = deviceName(dev);
  return kernelLocks().filter(
    ({ type, waiting, device, inode }) => type !== 'FLOCK' && !waiting && inode === ino && device === name,
  );
}

/** A descriptor of this process through which it holds the lock on a file, as one inherited from a holder; null when there is none. */
export function inheritedLock(path: string): number | null {
  const { dev, ino } = statSync(path);
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const file = fstatSync(Number(name));
      if (file.dev !== dev || file.ino !== ino) continue;
      const locks = parseKernelLocks(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'));
      if (locks.some(({ type, exclusive, waiting }) => type === 'FLOCK' && exclusive && !waiting)) return Number(name);
    } catch {
      // It was closed since the listing, as the listing's own descriptor always is.
    }
  }
  return null;
}

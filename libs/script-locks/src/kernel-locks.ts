import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { parseKernelLocks, type KernelLock } from '@hatchery/locks';
import { deviceOfDirectory, type LockDevice } from './lock-device.ts';

/**
 * The inode number of the first pid namespace, which has been this since there are any
 * (linux/proc_ns.h, PROC_PID_INIT_INO).
 */
const firstPidNamespace = 'pid:[4026531836]';

/** What is known of locks, to be asked for the files of one directory. */
export interface KernelLocks {
  readonly all: readonly KernelLock[];
  readonly device: LockDevice;
}

/**
 * The kernel's locks on files of this machine, as far as this process may know of them; of a
 * directory all that can be had. @throws when there is no such directory
 *
 * In a container's pid namespace /proc/locks leaves out what was taken by a process that is gone
 * (fs/locks.c, `locks_translate_pid`), as the flock(1) is that takes a lock for its parent. Whoever
 * has such a lock has the file open, and there the kernel tells of it.
 */
export function kernelLocks(directory: string): KernelLocks {
  const listed = parseKernelLocks(readFileSync('/proc/locks', 'utf8'));
  const isFirst = readlinkSync('/proc/self/ns/pid') === firstPidNamespace;
  const all = isFirst ? listed : [...listed, ...locksOfDescriptors(directory)];
  return { all, device: deviceOfDirectory(directory) };
}

/** Those of one file of the directory. */
export function locksOfFile({ all, device }: KernelLocks, path: string): KernelLock[] {
  return onFile(all, statSync(path), device);
}

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

function onFile(
  all: readonly KernelLock[],
  file: FileIdentity,
  { name, isShared }: LockDevice,
): KernelLock[] {
  const named = all.filter(({ inode, device }) => inode === file.ino && device === name);
  return isShared ? named.filter(({ pid }) => pid === null || mayHaveOpen(pid, file)) : named;
}

/**
 * Whether a process has a file open. True too when that cannot be seen: it is gone, or another
 * user's.
 */
function mayHaveOpen(pid: number, { dev, ino }: FileIdentity): boolean {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return true;
  }
  return names.some((name) => {
    const file = statSync(`/proc/${pid}/fd/${name}`, { throwIfNoEntry: false });
    return file?.dev === dev && file.ino === ino;
  });
}

/**
 * Locks that processes have through open files of a directory; what is another user's cannot be
 * seen.
 */
function locksOfDescriptors(directory: string): KernelLock[] {
  const inside = `${realpathSync(directory)}/`;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) =>
    orNone(() => readdirSync(`/proc/${pid}/fd`)).flatMap((name) =>
      orNone(() => {
        if (!readlinkSync(`/proc/${pid}/fd/${name}`).startsWith(inside)) return [];
        const locks = parseKernelLocks(readFileSync(`/proc/${pid}/fdinfo/${name}`, 'utf8'));
        return locks.map((lock) => ({ ...lock, pid: Number(pid) }));
      }),
    ),
  );
}

/** What a process has may be gone between two looks at it, or hidden from us. */
function orNone<T>(look: () => T[]): T[] {
  try {
    return look();
  } catch {
    return [];
  }
}

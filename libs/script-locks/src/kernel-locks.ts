import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { parseKernelLocks, type KernelLock } from '@hatchery/locks';
import { deviceOfDirectory, type LockDevice } from './lock-device.ts';

/**
 * The inode number of the first pid namespace, the same since the kernel has had any
 * (linux/proc_ns.h, PROC_PID_INIT_INO).
 */
const firstPidNamespace = 'pid:[4026531836]';

/** The kernel's locks, to be looked up for the files of one directory. */
export interface KernelLocks {
  readonly all: readonly KernelLock[];
  readonly device: LockDevice;
}

/**
 * The kernel's locks on files of this machine that this process may see; for the given directory,
 * all that can be found. @throws when there is no such directory
 *
 * In a container's pid namespace /proc/locks leaves out locks taken by a process that is gone
 * (fs/locks.c, `locks_translate_pid`), such as a flock(1) that takes a lock for its parent. A
 * process that has such a lock has the file open, and the fdinfo of that descriptor shows the lock.
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
 * Whether a process has a file open. Also true when we cannot see that: the process is gone, or
 * another user's.
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
 * Locks that processes have through open files of a directory, except those of processes that we
 * may not inspect.
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

/** A process or descriptor may be gone between two looks, or hidden from us. */
function orNone<T>(look: () => T[]): T[] {
  try {
    return look();
  } catch {
    return [];
  }
}

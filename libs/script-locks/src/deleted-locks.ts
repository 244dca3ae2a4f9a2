import { readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelLock } from '@hatchery/locks';
import type { KernelLocks } from './kernel-locks.ts';
import { deletedSuffix, lockNameOf } from './lock-files.ts';
import { readRecord } from './read-record.ts';

/** A lock on a file that was deleted while a process had the lock. */
export interface DeletedLock {
  /**
   * The path as the kernel shows it from then on: with ` (deleted)` at its end (proc_pid_fd(5)).
   */
  readonly path: string;
  readonly kernel: KernelLock;
}

/**
 * Locks of a directory whose files were deleted: their holders keep running, but no longer block
 * anybody. They are found through the processes that the kernel's table lists for files not in the
 * directory, and through the records beside files.
 */
export function deletedLocks(
  directory: string,
  files: readonly string[],
  { all, device }: KernelLocks,
): DeletedLock[] {
  const inside = `${realpathSync(directory)}/`;
  const inodes = new Set(
    files.flatMap((file) => statSync(join(directory, file), { throwIfNoEntry: false })?.ino ?? []),
  );
  const unknown = all.filter(
    (lock) => !lock.waiting && lock.device === device.name && !inodes.has(lock.inode),
  );
  const taken = unknown.flatMap((kernel) =>
    kernel.pid === null ? [] : find(kernel.pid, inside, kernel),
  );
  const recorded = records(directory).flatMap((pid) =>
    unknown.flatMap((kernel) => find(pid, inside, kernel)),
  );
  return [
    ...new Map(
      [...taken, ...recorded].map((one) => [`${one.path}-${one.kernel.inode}`, one]),
    ).values(),
  ];
}

/** The deleted file of the directory through which a process has this lock. */
function find(pid: number, inside: string, kernel: KernelLock): DeletedLock[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      const link = `/proc/${pid}/fd/${descriptor}`;
      const path = readlinkSync(link);
      const isOne =
        path.startsWith(inside) &&
        path.endsWith(deletedSuffix) &&
        statSync(link).ino === kernel.inode;
      return isOne ? [{ path, kernel }] : [];
    });
  } catch {
    // The process has ended since, or belongs to another user.
    return [];
  }
}

/** Pids in the records of holders, whose lock files may be gone. */
function records(directory: string): number[] {
  const names = readdirSync(directory).flatMap(
    (file) => /^(.*)\.holder\.json$/.exec(file)?.[1] ?? [],
  );
  return names.flatMap((name) => {
    const record = readRecord(directory, name);
    return record === null ? [] : [record.process.pid, record.runner.pid];
  });
}

/** The name of the lock that a deleted file was. */
export function nameOfDeleted(path: string): string | null {
  return lockNameOf(path.slice(path.lastIndexOf('/') + 1, -deletedSuffix.length));
}

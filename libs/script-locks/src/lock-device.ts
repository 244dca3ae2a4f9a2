import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { deviceName } from '@hatchery/locks';

/** The device that /proc/locks names for a file. */
export interface LockDevice {
  /** As `fe:00`. */
  readonly name: string;
  /**
   * True where two files can have the same device and inode number, such as files of two btrfs
   * subvolumes.
   */
  readonly isShared: boolean;
}

/**
 * The device of an open file, as the kernel's lock table names it. stat(2) gives a different one on
 * btrfs, which gives each subvolume a number of its own, and on some overlays. /proc/locks names
 * the device of the file system (fs/locks.c, `lock_get_status`), as /proc/self/mountinfo does; the
 * `mnt_id` in an open file's fdinfo leads to its mount there (proc(5)).
 */
function deviceOfDescriptor(descriptor: number): LockDevice {
  const own = deviceName(fstatSync(descriptor).dev);
  const mount = /^mnt_id:\s*(\d+)$/m.exec(
    readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'),
  )?.[1];
  const line = new RegExp(`^${mount ?? 'none'} \\d+ (\\d+):(\\d+) `, 'm');
  const [, major, minor] = line.exec(readFileSync('/proc/self/mountinfo', 'utf8')) ?? [];
  const name = major === undefined || minor === undefined ? own : `${hex(major)}:${hex(minor)}`;
  return { name, isShared: name !== own };
}

/** The device of the files of a directory. */
export function deviceOfDirectory(directory: string): LockDevice {
  const descriptor = openSync(directory, 'r');
  try {
    return deviceOfDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function hex(decimal: string): string {
  return Number(decimal).toString(16).padStart(2, '0');
}

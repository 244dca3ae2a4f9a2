import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { deviceName } from '@hatchery/locks';

/** The device that /proc/locks names for a file. */
export interface LockDevice {
  /** As `fe:00`. */
  readonly name: string;
  /**
   * True where files of the same inode number can have it in common, as those of two subvolumes of
   * btrfs.
   */
  readonly isShared: boolean;
}

/**
 * The device of an open file. What stat(2) says is another one on btrfs, which gives each subvolume
 * a number of its own, and on some overlays: /proc/locks names the device of the file system
 * (fs/locks.c, `lock_get_status`), as /proc/self/mountinfo does, where the mount of an open file is
 * found by the `mnt_id` in its fdinfo (proc(5)).
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

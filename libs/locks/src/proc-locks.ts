/**
 * One line of /proc/locks: a lock of the kernel on a file, held or waited for. Source:
 * proc_locks(5).
 */
export interface KernelLock {
  /**
   * `FLOCK` is flock(2); `POSIX` and `OFDLCK` are fcntl(2), which flock(2) neither sees nor blocks.
   */
  readonly type: 'FLOCK' | 'POSIX' | 'OFDLCK';
  /** False for a shared lock. */
  readonly exclusive: boolean;
  /**
   * The process that took it or waits for it; null when it belongs to no single process. The taker
   * of a `FLOCK` may be gone by now.
   */
  readonly pid: number | null;
  /** Device as `fe:00` and inode: together they name the file. */
  readonly device: string;
  readonly inode: number;
  readonly waiting: boolean;
}

const line =
  /^\d+:\s+(?<arrow>->)?\s*(?<type>FLOCK|POSIX|OFDLCK)\s+\S+\s+(?<mode>READ|WRITE|RW)\s+(?<pid>-?\d+)\s+(?<device>[0-9a-f]+:[0-9a-f]+):(?<inode>\d+)\s/;

/**
 * Reads /proc/locks, or the `lock:` lines of /proc/PID/fdinfo/FD. Skips leases and lines of other
 * kinds.
 */
export function parseKernelLocks(text: string): KernelLock[] {
  return text.split('\n').flatMap((one) => {
    const { arrow, type, mode, pid, device, inode } =
      line.exec(one.replace(/^lock:\s*/, ''))?.groups ?? {};
    if (type === undefined || device === undefined) return [];
    return [
      {
        type: type as KernelLock['type'],
        exclusive: mode !== 'READ',
        pid: Number(pid) > 0 ? Number(pid) : null,
        device,
        inode: Number(inode),
        waiting: arrow !== undefined,
      },
    ];
  });
}

/** A device number of stat(2) as /proc/locks writes it. Source: makedev(3) of the GNU C library. */
export function deviceName(device: number): string {
  const number = BigInt(device);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return `${hex(major)}:${hex(minor)}`;
}

function hex(number: bigint): string {
  return number.toString(16).padStart(2, '0');
}

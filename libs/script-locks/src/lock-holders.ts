import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseKernelLocks } from '@hatchery/locks';
import { deletedSuffix } from './lock-files.ts';
import { ancestors, isAlive, processFacts, type ProcessFacts } from './process-facts.ts';

/** A process that has the lock on a file through a descriptor of its own. */
export interface LockHolder extends ProcessFacts {
  /**
   * The process that asked the kernel for the lock, which may have ended; null when the kernel does
   * not say. It is the same for all holders of one acquisition.
   */
  readonly taker: number | null;
}

/** Searches the processes for holders of the lock on one file. */
export interface HolderSearch {
  /** The process with that pid, when it has the lock. */
  has(pid: number): LockHolder | null;
  /** All that have the lock and that we may inspect: ancestors first, then by age. */
  all(): LockHolder[];
}

/**
 * Finds the processes that have the lock on a file. The kernel's table names only the taker, and a
 * `flock` that locks an inherited descriptor ends at once, so that any process may have its pid by
 * now. But a process that has the lock has the file open, and the fdinfo of that descriptor shows
 * it (`lock:` in /proc/PID/fdinfo/FD, proc_pid_fdinfo(5)).
 */
export function searchHolders(path: string): HolderSearch {
  const name = basename(path);
  // A deleted file cannot be looked up by name: it is any open file with that name that no longer
  // exists.
  const file = path.endsWith(deletedSuffix) ? deleted : statSync(path, { throwIfNoEntry: false });
  const has = (pid: number): LockHolder | null => {
    // Look twice: few processes have the lock, and for those we must be sure that no new process
    // got the pid.
    if (file === undefined || takerOf(pid, name, file) === undefined) return null;
    const facts = processFacts(pid);
    const taker = takerOf(pid, name, file);
    return facts !== null && taker !== undefined && isAlive(facts) ? { ...facts, taker } : null;
  };
  return {
    has,
    all: () => {
      const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
      const holders = pids.flatMap((pid) => has(Number(pid)) ?? []);
      return holders
        .map((one) => [depthAmong(holders, one), one] as const)
        .sort(byDepth)
        .map(([, one]) => one);
    },
  };
}

/** Whether this user may not see the files that a process has open. */
export function isHidden(pid: number): boolean {
  try {
    readdirSync(`/proc/${pid}/fd`);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** The numbers of a process's open files; none when it is gone or hidden. */
function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
}

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Stands for any deleted file. */
const deleted: FileIdentity = { dev: -1, ino: -1 };

/** The taker of the lock that a process has on a file; undefined when it has none. */
function takerOf(pid: number, name: string, file: FileIdentity): number | null | undefined {
  for (const descriptor of descriptorsOf(pid)) {
    const taker = takerThrough(`/proc/${pid}`, descriptor, name, file);
    if (taker !== undefined) return taker;
  }
  return undefined;
}

function takerThrough(
  directory: string,
  descriptor: string,
  name: string,
  wanted: FileIdentity,
): number | null | undefined {
  try {
    // Look closer only at files with that name: stat(2) of a file on a dead network file system
    // never returns.
    if (basename(readlinkSync(`${directory}/fd/${descriptor}`)) !== name) return undefined;
    const file = statSync(`${directory}/fd/${descriptor}`);
    if (wanted === deleted ? file.nlink > 0 : file.dev !== wanted.dev || file.ino !== wanted.ino)
      return undefined;
    const locks = parseKernelLocks(readFileSync(`${directory}/fdinfo/${descriptor}`, 'utf8'));
    return locks.find(({ waiting }) => !waiting)?.pid;
  } catch {
    // It was closed since the listing.
    return undefined;
  }
}

function depthAmong(holders: readonly ProcessFacts[], { pid }: ProcessFacts): number {
  return ancestors(pid).filter((above) => holders.some((one) => one.pid === above.pid)).length;
}

function byDepth(
  [one, a]: readonly [number, ProcessFacts],
  [other, b]: readonly [number, ProcessFacts],
): number {
  return one - other || a.startTime - b.startTime;
}

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseKernelLocks } from '@hatchery/locks';
import { deletedSuffix } from './lock-files.ts';
import { ancestors, isAlive, processFacts, type ProcessFacts } from './process-facts.ts';

/** A process that has the lock on a file through a descriptor of its own. */
export interface LockHolder extends ProcessFacts {
  /**
   * Who asked the kernel for the lock, and may have ended; null when that is not told. All of one
   * acquisition have the same.
   */
  readonly taker: number | null;
}

/** Whether processes can be looked into, for the lock on one file. */
export interface HolderSearch {
  /** The process of that pid, when it has the lock. */
  has(pid: number): LockHolder | null;
  /**
   * All that have the lock and may be looked into, those above others first, then the older ones.
   */
  all(): LockHolder[];
}

/**
 * Who has the lock on a file. The kernel's table names only who took it, and a `flock` that locks
 * an inherited descriptor ends at once, so that its pid may be anybody's by now. Who has the lock
 * has the file open, and there the kernel tells of it (`lock:` in /proc/PID/fdinfo/FD,
 * proc_pid_fdinfo(5)).
 */
export function searchHolders(path: string): HolderSearch {
  const name = basename(path);
  // A deleted file has no name to ask by: it is whatever has that name, and none.
  const file = path.endsWith(deletedSuffix) ? deleted : statSync(path, { throwIfNoEntry: false });
  const has = (pid: number): LockHolder | null => {
    // Looked into twice: few have it, and of those it has to be sure that it was no next process of
    // that pid.
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

/** Whether the files that a process has open are hidden from this user. */
export function isHidden(pid: number): boolean {
  try {
    readdirSync(`/proc/${pid}/fd`);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** The open files of a process by their numbers; none when it is gone or hidden. */
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

/** Stands for any file without a name. */
const deleted: FileIdentity = { dev: -1, ino: -1 };

/** Who took the lock that a process has on a file; undefined when it has none. */
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
    // Only what has the name is looked at more closely: stat(2) of a file on a dead network file
    // system never returns.
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

import type { HolderRecord, KernelLock, ProcessName } from '@hatchery/locks';
import { isHidden, type HolderSearch, type LockHolder } from './lock-holders.ts';
import {
  ancestors,
  isAlive,
  isLockCommand,
  pidInItsNamespace,
  processFacts,
  thisKernel,
  type ProcessFacts,
} from './process-facts.ts';

/** The holder of a lock, as far as it can be found out. */
export interface IdentifiedHolder {
  /** The holder's own record, when that process is the one that has the lock. */
  readonly record: HolderRecord | null;
  /** A process that has the lock; null when none is visible. */
  readonly process: ProcessFacts | null;
  readonly reason: string;
}

const how = { FLOCK: 'flock(2)', POSIX: 'fcntl(2)', OFDLCK: 'fcntl(2)' } as const;

/**
 * Finds the holder of a lock of the kernel. It trusts neither the pid in the kernel's table nor the
 * record beside the lock by itself: what counts is which process has the file open with the lock on
 * it. `known` was the holder at the last look; if that or the record is right, it need not inspect
 * every process.
 */
export function identifyHolder(
  lock: KernelLock,
  record: HolderRecord | null,
  search: HolderSearch,
  known: ProcessName | null,
): IdentifiedHolder {
  const introduced =
    record === null ? null : (named(search, record.process) ?? named(search, record.runner));
  if (record !== null && introduced !== null) return recorded(record, introduced);
  const near =
    (known === null ? null : named(search, known)) ??
    (lock.pid === null ? null : search.has(lock.pid));
  const holders = near === null ? search.all() : [outermost(search, near)];
  const left = record === null ? undefined : holders.find((one) => isOfRecord(one, lock, record));
  if (record !== null && left !== undefined) return recorded(record, left);
  const [first] = holders;
  if (first !== undefined)
    return { record: null, process: first, reason: foreignReason(lock, first) };
  return unseen(lock, record);
}

/**
 * Whether a process has the lock from the process in the record, which took it or is it, by its pid
 * in its own pid namespace.
 */
function isOfRecord(one: LockHolder, { pid }: KernelLock, record: HolderRecord): boolean {
  const here = thisKernel();
  if (record.boot !== here.boot) return false;
  if (record.pidNamespace === here.pidNamespace)
    return pid === record.runner.pid && !isReused(record.runner);
  const inside = pidInItsNamespace(one.pid);
  return [record.process, record.runner].some(
    (named) => named.pid === inside && named.startTime === one.startTime,
  );
}

function isReused({ pid, startTime }: ProcessName): boolean {
  const now = processFacts(pid);
  return now !== null && now.startTime !== startTime;
}

function named(search: HolderSearch, { pid, startTime }: ProcessName): LockHolder | null {
  const holder = search.has(pid);
  return holder?.startTime === startTime ? holder : null;
}

/** The topmost ancestor that has the lock, too: commands inherit what their shell locked. */
function outermost(search: HolderSearch, holder: LockHolder): LockHolder {
  return ancestors(holder.pid).reduce<LockHolder>(
    (found, { pid }) => search.has(pid) ?? found,
    holder,
  );
}

function recorded(record: HolderRecord, holder: ProcessFacts): IdentifiedHolder {
  const { process } = record;
  const [own, here] = [record.pidNamespace, thisKernel().pidNamespace];
  const elsewhere =
    own === here ? '' : `, which is ${holder.pid} here: it runs in another pid namespace`;
  if (elsewhere !== '' || isAlive(process))
    return {
      record,
      process: holder,
      reason: `the kernel holds it for process ${process.pid}${elsewhere}`,
    };
  const what = `process ${holder.pid} (${holder.words.join(' ')}) has the lock from it`;
  return { record, process: holder, reason: `its command has ended; ${what}` };
}

function foreignReason({ type, pid }: KernelLock, one: ProcessFacts): string {
  if (isLockCommand(one)) return 'taken by a hatchery lock that could not write who it is';
  return `taken by ${how[type]} outside hatchery${pid === one.pid ? '' : ', or left behind by a job that has ended'}`;
}

function isOfThisKernel({ boot, pidNamespace }: HolderRecord): boolean {
  const here = thisKernel();
  return boot === here.boot && pidNamespace === here.pidNamespace;
}

/** No process that we may inspect has it. */
function unseen(lock: KernelLock, record: HolderRecord | null): IdentifiedHolder {
  if (
    record !== null &&
    isOfThisKernel(record) &&
    (isAlive(record.process) || isAlive(record.runner))
  ) {
    return {
      record,
      process: null,
      reason: 'its holder says so of itself; whose it is cannot be seen by this user',
    };
  }
  const taker = lock.pid !== null && isHidden(lock.pid) ? processFacts(lock.pid) : null;
  const reason =
    taker === null
      ? `taken by ${how[lock.type]}; who has it is another user’s process, which only root can see`
      : `process ${taker.pid} took it by ${how[lock.type]}; whether it still has it cannot be seen by this user`;
  return { record: null, process: taker, reason };
}

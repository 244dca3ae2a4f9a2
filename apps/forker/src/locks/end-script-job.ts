import type { Lock } from '@hatchery/events';
import {
  isLockCommand,
  isLocked,
  searchHolders,
  type LockHolder,
  type ProcessFacts,
} from '@hatchery/script-locks';
import { waitFor } from '@hatchery/waiting';
import { holderKillMs, holderTermMs, settleMs } from './limits.ts';
import { ScriptJob } from './script-job.ts';
import { sendSignal } from './send-signal.ts';

/** What happened to a lock whose job was signalled. */
export interface EndedJob {
  readonly isFree: boolean;
  /** What was done to which processes, and which has the lock now. */
  readonly outcome: string;
}

/**
 * Ends the processes that have a script's lock: TERM, a grace, KILL for those that still have it.
 * The kernel frees the lock with the last of them. `isSame` says whether the lock is still the
 * acquisition that the operator saw. A process is signalled only if it belongs to the job ({@link
 * ScriptJob}) at that moment; a whole group only when a process with the lock leads it.
 * @throws when a process is unknown or may not be ended, with the reason
 */
export async function endScriptJob(lock: Lock, isSame: () => boolean): Promise<EndedJob> {
  const { path } = lock;
  const search = searchHolders(path);
  const holders = search.all();
  if (!isSame()) throw new Error('the holder has changed, nothing was done; look again');
  if (holders.length === 0) throw new Error(whyNobody(path));
  for (const one of holders) objectTo(one);
  const job = new ScriptJob(lock, holders, () => search.all());
  for (const [signal, graceMs] of [
    ['SIGTERM', holderTermMs],
    ['SIGKILL', holderKillMs],
  ] as const) {
    const told = signal === 'SIGTERM' ? job.askable() : job.living();
    for (const target of job.targets(told)) sendSignal(target, signal);
    if (await isOverWithin(() => job.living(), graceMs))
      return outcomeOf(lock, holders, job.groups, signal);
  }
  throw new Error(`${namesOf(job.living())} outlives SIGKILL; the lock is as it was`);
}

async function isOverWithin(
  lives: () => readonly ProcessFacts[],
  graceMs: number,
): Promise<boolean> {
  const isOver = (): boolean => lives().length === 0;
  return (await waitFor(isOver, { everyMs: settleMs, forMs: graceMs })) !== null;
}

function outcomeOf(
  lock: Lock,
  job: readonly LockHolder[],
  groups: ReadonlySet<number>,
  signal: string,
): EndedJob {
  const { path, holder } = lock;
  const [first] = job;
  const leader = groups.values().next().value;
  const group = leader === undefined ? namesOf(job) : `its job, process group ${leader}`;
  const whom = job.some(isLockCommand)
    ? `its job, process ${holder?.pid} (${holder?.command})`
    : group;
  const done = `${whom} was ended by ${signal}`;
  const freed = `${done}; the kernel has freed the lock`;
  const [next] = isLocked(path) ? searchHolders(path).all() : [];
  if (next === undefined) {
    // The next holder may have released it in this moment.
    const hidden = `${done}; a process that the service may not look into has the lock now`;
    return isLocked(path) ? { isFree: false, outcome: hidden } : { isFree: true, outcome: freed };
  }
  // All holders of one acquisition have the same taker.
  if (next.taker !== null && next.taker === first?.taker) {
    return {
      isFree: false,
      outcome: `${done}; ${namesOf([next])}, which it left behind, still has the lock`,
    };
  }
  return { isFree: true, outcome: `${freed}, and ${namesOf([next])} has it now` };
}

function objectTo({ pid, uid }: ProcessFacts): void {
  if (pid <= 1 || pid === process.pid) {
    throw new Error(`process ${pid} has the lock, and is not one that may be ended for it`);
  }
  const own = process.getuid?.();
  if (own !== 0 && uid !== own) {
    throw new Error(
      `process ${pid} has the lock and is another user’s (uid ${uid}); end it as that user or as root`,
    );
  }
}

function whyNobody(path: string): string {
  if (!isLocked(path)) return 'the lock is free by now: nothing was done';
  return `no process that the service may look into has the lock: nothing was done; as root, lsof ${path} shows whose it is`;
}

function namesOf(job: readonly ProcessFacts[]): string {
  return job.map(({ pid, words }) => `process ${pid} (${words.join(' ')})`).join(', ');
}

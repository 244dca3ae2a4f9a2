import { setTimeout as delay } from 'node:timers/promises';
import type { Lock } from '@hatchery/events';
import { isLocked, searchHolders, type LockHolder, type ProcessFacts } from '@hatchery/script-locks';
import { holderKillMs, holderTermMs, settleMs } from './limits.ts';
import { sendSignal } from './send-signal.ts';

/** What became of a lock whose job was told to end. */
export interface EndedJob {
  readonly isFree: boolean;
  /** What was done to whom, and who has the lock now. */
  readonly outcome: string;
}

/**
 * Ends whoever has the lock of a script: TERM, a grace, KILL to what still has it. The kernel frees the lock with the last
 * of them. `isSame` tells whether the lock is still the acquisition that was looked at. Only a process is signalled that has
 * the file open with the lock on it in that moment; a whole group only when its leader, or the lock's own command, is one.
 * @throws when it cannot be known or may not be ended, with the reason
 */
export async function endScriptJob(lock: Lock, isSame: () => boolean): Promise<EndedJob> {
  const { path } = lock;
  const search = searchHolders(path);
  const job = search.all();
  if (!isSame()) throw new Error('the holder has changed, nothing was done; look again');
  if (job.length === 0) throw new Error(whyNobody(path));
  for (const one of job) objectTo(one);
  const groups = groupsOf(lock, job);
  const belongs = (one: LockHolder): boolean => groups.has(one.group) || job.some((each) => isSameProcess(each, one));
  const lives = (): LockHolder[] => search.all().filter(belongs);
  for (const [signal, graceMs] of [
    ['SIGTERM', holderTermMs],
    ['SIGKILL', holderKillMs],
  ] as const) {
    const told = signal === 'SIGTERM' ? withoutRunners(lives(), groups) : lives();
    for (const target of targetsOf(told, groups)) sendSignal(target, signal);
    if (await isOverWithin(lives, graceMs)) return outcomeOf(path, job, groups, signal);
  }
  throw new Error(`${namesOf(lives())} outlives SIGKILL; the lock is as it was`);
}

/**
 * Process groups that belong to the lock alone: those that a holder leads. Of a `hatchery lock` it is its command's; its own
 * may be the one of the script, or the terminal, that it was typed in.
 */
function groupsOf({ holder }: Lock, job: readonly LockHolder[]): ReadonlySet<number> {
  const isRecorded = job.some(({ group }) => group === holder?.pid);
  const leaders = job.filter(({ pid, group }) => pid === group).map(({ pid }) => pid);
  if (!isRecorded) return new Set(leaders);
  const [outermost] = job;
  return new Set(leaders.filter((pid) => pid !== outermost?.pid || pid === holder?.pid));
}

/** Whoever stands above a group that is told, as a `hatchery lock` does, ends by itself when that has. */
function withoutRunners(job: readonly LockHolder[], groups: ReadonlySet<number>): LockHolder[] {
  const told = job.filter(({ group }) => groups.has(group));
  return told.length === 0
    ? [...job]
    : job.filter((one) => told.includes(one) || !told.some((each) => isAbove(one, each)));
}

function isAbove({ pid }: ProcessFacts, below: ProcessFacts): boolean {
  return below.parentPid === pid;
}

/** As kill(2) takes them: a group is negative. It keeps its number while it has a member, which one of these is. */
function targetsOf(told: readonly LockHolder[], groups: ReadonlySet<number>): ReadonlySet<number> {
  return new Set(told.map(({ pid, group }) => (groups.has(group) ? -group : pid)));
}

async function isOverWithin(lives: () => readonly LockHolder[], graceMs: number): Promise<boolean> {
  const deadline = performance.now() + graceMs;
  for (;;) {
    if (lives().length === 0) return true;
    if (performance.now() > deadline) return false;
    await delay(settleMs);
  }
}

function outcomeOf(path: string, job: readonly LockHolder[], groups: ReadonlySet<number>, signal: string): EndedJob {
  const [first] = job;
  const leader = groups.values().next().value;
  const whom = leader === undefined ? namesOf(job) : `its job, process group ${leader}`;
  const done = `${whom} was ended by ${signal}`;
  const freed = `${done}; the kernel has freed the lock`;
  const [next] = isLocked(path) ? searchHolders(path).all() : [];
  if (next === undefined) {
    // Whoever had it next may have let it go in this moment.
    const hidden = `${done}; a process that the service may not look into has the lock now`;
    return isLocked(path) ? { isFree: false, outcome: hidden } : { isFree: true, outcome: freed };
  }
  // All of one acquisition have the same taker.
  if (next.taker !== null && next.taker === first?.taker) {
    return { isFree: false, outcome: `${done}; ${namesOf([next])}, which it left behind, still has the lock` };
  }
  return { isFree: true, outcome: `${freed}, and ${namesOf([next])} has it now` };
}

function objectTo({ pid, uid }: ProcessFacts): void {
  if (pid <= 1 || pid === process.pid) {
    throw new Error(`process ${pid} has the lock, and is not one that may be ended for it`);
  }
  const own = process.getuid?.();
  if (own !== 0 && uid !== own) {
    throw new Error(`process ${pid} has the lock and is another user’s (uid ${uid}); end it as that user or as root`);
  }
}

function whyNobody(path: string): string {
  if (!isLocked(path)) return 'the lock is free by now: nothing was done';
  return `no process that the service may look into has the lock: nothing was done; as root, lsof ${path} shows whose it is`;
}

function isSameProcess(one: ProcessFacts, other: ProcessFacts): boolean {
  return one.pid === other.pid && one.startTime === other.startTime;
}

function namesOf(job: readonly ProcessFacts[]): string {
  return job.map(({ pid, words }) => `process ${pid} (${words.join(' ')})`).join(', ');
}

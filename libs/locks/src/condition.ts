import type { LockCondition } from '@hatchery/events';
import type { HeldInfo } from './held-info.ts';

/**
 * What is known of the session that took a lock: it runs, it ended in some way, or we know none.
 */
export type HolderSession =
  { readonly state: 'running' } | { readonly state: 'ended'; readonly how: string } | null;

/** The facts from which the condition of a lock on disk follows. */
export interface LockFacts {
  readonly info: HeldInfo | { readonly corrupt: string };
  readonly session: HolderSession;
  readonly ownHost: string;
  /** Whether the info file belongs to our system user: we may not see another user's processes. */
  readonly ownFile: boolean;
  /** The boot and the pid namespace of this process. */
  readonly here: { readonly boot: string; readonly pidNamespace: string };
  /** The process with that pid, as this process sees it; null when there is none. */
  readonly process: {
    /** Clock ticks from the boot to its start. */
    readonly startTime: number;
    /**
     * Whether it existed when the lock was taken, by the wall clock: good enough to show, but no
     * evidence.
     */
    readonly isOlder: boolean;
  } | null;
}

/** A condition with its reasons, a sentence each. */
export interface Verdict {
  readonly condition: LockCondition;
  readonly reasons: readonly string[];
}

/**
 * Judges a lock. A lock is stale only when its holder is known to be dead: the info file names
 * boot, pid namespace and start ticks, the first two are those of this host, and no such process
 * runs. Host names are shared, each pid namespace has pids of its own, and clocks are set, so that
 * none of these proves a death. When the holder's death is not known, the condition is unknown.
 */
export function judge(facts: LockFacts): Verdict {
  const { info, session } = facts;
  if (session?.state === 'running') return verdict('held', 'the session that took it runs');
  if (session?.state === 'ended')
    return verdict('orphaned', `the session that took it has ended: ${session.how}`);
  if ('corrupt' in info) return verdict('unknown', `it is damaged: ${info.corrupt}`);
  const stranger = whyNotOurs(info, facts);
  if (stranger.length > 0) return verdict('unknown', ...stranger);
  if (info.pid === null)
    return verdict('unknown', ours, 'it does not say by which process it was taken');
  return info.identity === null
    ? judgeUnnamed(info, facts)
    : judgeNamed(info, info.identity, facts);
}

/**
 * Whether, as far as anybody can tell, the process with that pid is the holder, so that it may be
 * shown as such. A pid of another host, boot or pid namespace means some other process here.
 */
export function isHoldersProcess({ info, ownHost, here, process }: LockFacts): boolean {
  if ('corrupt' in info || process === null) return false;
  if (info.hostname !== ownHost || info.hostname === 'localhost') return false;
  if (info.identity === null) return process.isOlder;
  const { boot, pidNamespace, startTicks } = info.identity;
  return (
    boot === here.boot && pidNamespace === here.pidNamespace && startTicks === process.startTime
  );
}

/** Why this host can say nothing about the holder's process; empty when it can. */
function whyNotOurs({ hostname }: HeldInfo, { ownHost, ownFile }: LockFacts): string[] {
  if (hostname === null) return ['it does not say on which host it was taken'];
  if (hostname === 'localhost') return ["it was taken on 'localhost', which may be any host"];
  if (hostname !== ownHost) return [`it was taken on another host, ${hostname}`];
  return ownFile
    ? []
    : ['it was taken on this host by another user, whose processes may be hidden'];
}

const ours = 'it was taken on this host by this user';

function judgeNamed(
  { pid }: HeldInfo,
  identity: NonNullable<HeldInfo['identity']>,
  facts: LockFacts,
): Verdict {
  const { here, process } = facts;
  if (identity.boot !== here.boot)
    return verdict(
      'unknown',
      'it was taken before the last boot of this host, or on another host of this name',
    );
  if (identity.pidNamespace !== here.pidNamespace) {
    const what = `it was taken in another pid namespace, ${identity.pidNamespace}`;
    return verdict('unknown', what, `process ${pid} of it cannot be seen from here`);
  }
  if (process?.startTime === identity.startTicks)
    return verdict('held', ours, `process ${pid} runs`);
  const another = process === null ? '' : ': the one of that number now has another start time';
  return verdict('stale', ours, `process ${pid} is gone${another}`);
}

function judgeUnnamed({ pid }: HeldInfo, { process }: LockFacts): Verdict {
  if (process === null) {
    const why = 'the lock does not say in which pid namespace it ran';
    return verdict('unknown', ours, `no process ${pid} is seen here, but ${why}`);
  }
  if (process.isOlder) return verdict('held', ours, `process ${pid} runs`);
  const doubt =
    'nothing shows that it was there when the lock was taken: a clock was set, or it is another one';
  return verdict('unknown', ours, `a process ${pid} runs, but ${doubt}`);
}

function verdict(condition: LockCondition, ...reasons: string[]): Verdict {
  return { condition, reasons };
}

import type { LockCondition } from '@hatchery/events';
import type { HeldInfo } from './held-info.ts';

/**
 * What is known of the session that took a lock: it runs, it ended in some way, or there is none
 * that we know.
 */
export type HolderSession =
  { readonly state: 'running' } | { readonly state: 'ended'; readonly how: string } | null;

/** Everything that the condition of a lock on disk is judged by. */
export interface LockFacts {
  readonly info: HeldInfo | { readonly corrupt: string };
  readonly session: HolderSession;
  readonly ownHost: string;
  /**
   * Whether the info file belongs to the system user that asks: another one's processes may hide
   * from it.
   */
  readonly ownFile: boolean;
  /** The run of the kernel and the pid namespace of whoever asks. */
  readonly here: { readonly boot: string; readonly pidNamespace: string };
  /** The process of that pid, as whoever asks sees it; null when there is none. */
  readonly process: {
    /** Clock ticks from the boot to its start. */
    readonly startTime: number;
    /**
     * Whether it was there when the lock was taken, by the clock on the wall: good enough to show,
     * and no evidence.
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
 * Judges a lock. Stale is only what is known to be dead: the info file names boot, pid namespace
 * and start ticks, they are those of this host, and no such process runs. Host names are shared,
 * pids are counted in each pid namespace, and clocks are set, so that none of these proves a death.
 * Whatever cannot be known is unknown.
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
 * Whether the process of that pid is the holder's as far as anybody can tell, so that what runs
 * there may be shown as the holder. A pid of another host, boot or pid namespace is some other
 * process here.
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

/** Why nothing can be said of the holder's process from here; empty when it can. */
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

import type { LockCondition } from '@hatchery/events';
import type { HeldInfo } from './held-info.ts';

/** Clocks of one machine differ by less: info files hold whole seconds, and the kernel's boot time is as coarse. */
const clockSlackS = 2;

/** What is known of the session that took a lock: it runs, it ended in some way, or there is none that we know. */
export type HolderSession = { readonly state: 'running' } | { readonly state: 'ended'; readonly how: string } | null;

/** Everything that the condition of a lock on disk is judged by. */
export interface LockFacts {
  readonly info: HeldInfo | { readonly corrupt: string };
  readonly session: HolderSession;
  readonly ownHost: string;
  /** Whether the info file belongs to the system user that asks: another one's processes may hide from it. */
  readonly ownFile: boolean;
  /** When the process of that pid on this host started, in seconds since 1970; null when there is none. */
  readonly processStartedS: number | null;
  readonly nowS: number;
}

/** A condition with its reasons, a sentence each. */
export interface Verdict {
  readonly condition: LockCondition;
  readonly reasons: readonly string[];
}

/** Judges a lock. Only what is known to be dead is stale; whatever cannot be known is unknown. */
export function judge(facts: LockFacts): Verdict {
  const { info, session } = facts;
  if (session?.state === 'running') return verdict('held', 'the session that took it runs');
  if (session?.state === 'ended') return verdict('orphaned', `the session that took it has ended: ${session.how}`);
  if ('corrupt' in info) return verdict('unknown', info.corrupt);
  const stranger = whyNotOurs(info, facts);
  if (stranger.length > 0) return verdict('unknown', ...stranger);
  return judgeProcess(info, facts);
}

/** Why nothing can be said of the holder's process from here; empty when it can. */
function whyNotOurs({ hostname }: HeldInfo, { ownHost, ownFile }: LockFacts): string[] {
  if (hostname === null) return ['it does not say on which host it was taken'];
  if (hostname === 'localhost') return ["it was taken on 'localhost', which may be any host"];
  if (hostname !== ownHost) return [`it was taken on another host, ${hostname}`];
  return ownFile ? [] : ['it was taken on this host by another user, whose processes may be hidden'];
}

function judgeProcess({ pid, startTimeS }: HeldInfo, { processStartedS, nowS }: LockFacts): Verdict {
  const ours = 'it was taken on this host by this user';
  if (pid === null) return verdict('unknown', ours, 'it does not say by which process it was taken');
  if (processStartedS === null) return verdict('stale', ours, `process ${pid} is gone`);
  if (startTimeS === null)
    return verdict('unknown', ours, `a process ${pid} runs, but the lock has no date to compare it with`);
  if (startTimeS > nowS + clockSlackS) {
    return verdict('unknown', ours, `a process ${pid} runs, but the lock is dated in the future`);
  }
  if (processStartedS > startTimeS + clockSlackS) {
    return verdict('stale', ours, `process ${pid} is gone: the one of that number now started later than the lock`);
  }
  return verdict('held', ours, `process ${pid} runs`);
}

function verdict(condition: LockCondition, ...reasons: string[]): Verdict {
  return { condition, reasons };
}

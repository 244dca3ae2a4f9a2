import { processStartTime } from '@hatchery/daemon';
import type { Lock } from '@hatchery/events';
import { processFacts } from '@hatchery/script-locks';
import { waitFor } from '@hatchery/waiting';
import type { ForkService } from '../children/forking/fork-service.ts';
import { holderKillMs, holderTermMs } from './limits.ts';
import { sendSignal } from './send-signal.ts';

/** How often to check a process that was signalled. */
const lookMs = 20;

/** Signals sessions, and knows which ones run. */
interface Sessions {
  readonly service: Pick<ForkService, 'registry' | 'signal'>;
}

/** A holder that can be signalled and watched until it is gone. */
interface Target {
  readonly name: string;
  readonly signal: (signal: 'SIGTERM' | 'SIGKILL') => void;
  readonly isGone: () => boolean;
}

/**
 * Ends the living holder of a Breezy lock: TERM, a grace, KILL, and waits until it is gone. Returns
 * what was done.
 * @throws when it cannot be ended, with the reason
 */
export async function endHolder(context: Sessions, lock: Lock, cause: string): Promise<string> {
  const target = targetOf(context, lock, cause);
  for (const [signal, graceMs] of [
    ['SIGTERM', holderTermMs],
    ['SIGKILL', holderKillMs],
  ] as const) {
    target.signal(signal);
    if (await isGoneWithin(target, graceMs)) return `${target.name} was ended by ${signal}`;
  }
  throw new Error(`${target.name} outlives SIGKILL; the lock is as it was`);
}

async function isGoneWithin({ isGone }: Target, graceMs: number): Promise<boolean> {
  return (await waitFor(isGone, { everyMs: lookMs, forMs: graceMs })) !== null;
}

function targetOf({ service }: Sessions, { holder }: Lock, cause: string): Target {
  const { childId, pid } = holder ?? { childId: null, pid: null };
  if (childId !== null) {
    return {
      name: `its session ${childId}`,
      signal: (signal) => void service.signal(childId, signal, `lock broken by ${cause}`),
      isGone: () => service.registry.find(childId) === undefined,
    };
  }
  if (pid === null) throw new Error('nobody knows which process its holder is');
  return namedTarget(pid);
}

/**
 * The info file names the process, not the kernel. So trust it only for a process that can be a brz
 * of this user.
 */
function namedTarget(pid: number): Target {
  const facts = processFacts(pid);
  const isService = pid <= 1 || pid === process.pid || facts?.parentPid === process.pid;
  // A pid means another process in another pid namespace: a process that is not Breezy has taken no
  // lock.
  const isStranger = facts !== null && !/\b(brz|bzr|breezy)\b/.test(facts.words.join(' '));
  if (isService || isStranger || (facts !== null && facts.uid !== process.getuid?.())) {
    throw new Error(
      `process ${pid} is not one that may be ended for a lock; --force breaks the lock alone`,
    );
  }
  return processTarget(pid);
}

function processTarget(pid: number): Target {
  const startTime = processStartTime(pid);
  return {
    name: `its process ${pid}`,
    signal: (signal) => {
      // By the time of the second signal the pid may belong to another process.
      if (processStartTime(pid) === startTime) sendSignal(pid, signal);
    },
    isGone: () => processStartTime(pid) !== startTime || startTime === null,
  };
}

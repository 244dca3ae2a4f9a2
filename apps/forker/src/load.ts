import { statFields } from '@hatchery/daemon';
import type { ForkerLoad } from '@hatchery/events';
import type { ForkService } from './children/forking/fork-service.ts';
import type { Leftovers } from './leftovers/leftovers.ts';
import { waitingRequestsMax } from './limits.ts';
import type { RefusalLog } from './requests/refusal-log.ts';
import { readProc } from './usage/proc-usage.ts';

/** What the load is made of. */
export interface LoadSources {
  readonly service: ForkService;
  readonly refusals: RefusalLog;
  readonly leftovers: Pick<Leftovers, 'known' | 'collectedTotal'>;
  readonly childrenMax: number;
  /** Null while there is none. */
  readonly keeperPid: () => number | null;
}

/** How full the service is now. */
export function describeLoad({
  service,
  refusals,
  leftovers,
  childrenMax,
  keeperPid,
}: LoadSources): ForkerLoad {
  const { queue } = service;
  const pid = keeperPid();
  return {
    children: service.busy - queue.waiting,
    childrenMax,
    orphans: service.orphans,
    zombies: pid === null ? null : zombiesBelow(pid),
    waiting: queue.waiting,
    waitingMax: waitingRequestsMax,
    waited: queue.waited,
    refused: refusals.counts,
    failures: service.failures.counts,
    limits: service.limits.counts,
    leftovers: leftovers.known,
    leftoversCollected: leftovers.collectedTotal,
    left: queue.left,
  };
}

/**
 * Counts what has ended below a process and its children and was not reaped; null when it is gone,
 * or the kernel was built without lists of children. All sessions are children of the keeper, or of
 * a process of its own (decision 0003).
 */
function zombiesBelow(pid: number): number | null {
  const children = childrenOf(pid);
  if (children === null) return null;
  const all = children.flatMap((child) => [child, ...(childrenOf(child) ?? [])]);
  return all.filter((one) => isZombie(one)).length;
}

/**
 * Of single-threaded processes, as all of ours below the keeper are (proc(5),
 * `/proc/PID/task/TID/children`).
 */
function childrenOf(pid: number): number[] | null {
  const list = readProc(pid, `task/${pid}/children`);
  return list === null ? null : list.split(' ').filter(Boolean).map(Number);
}

function isZombie(pid: number): boolean {
  const line = readProc(pid, 'stat');
  return line !== null && statFields(line)[0] === 'Z';
}

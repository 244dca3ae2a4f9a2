import { processStartTime } from '@hatchery/daemon';
import type { Child } from '@hatchery/events';
import type { ChildDetails } from '../../keeper-link/messages.ts';

/**
 * A child as it is when the service first knows of it; `connectedAt` is null while it waits for its
 * client.
 */
export function newChild(
  id: string,
  pid: number,
  details: ChildDetails,
  connectedAt: string | null,
): Child {
  return {
    id,
    pid,
    startTime: processStartTime(pid) ?? 0,
    ...details,
    state: connectedAt === null ? 'waiting' : 'running',
    connectedAt,
    endedAt: null,
    exit: null,
    usage: null,
    rusage: null,
  };
}

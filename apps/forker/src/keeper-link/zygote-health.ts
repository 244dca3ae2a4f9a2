import type { ZygoteHealth } from '@hatchery/events';
import type { KeeperEvent } from './messages.ts';

/** Before anything is known. */
export const unknownHealth: ZygoteHealth = {
  pid: null,
  readySince: null,
  isOff: false,
  trouble: null,
};

/** The health after the keeper has said something. Pure. */
export function healthAfter(health: ZygoteHealth, event: KeeperEvent): ZygoteHealth {
  switch (event.event) {
    case 'zygote.ready':
      return { ...unknownHealth, pid: event.pid, readySince: timeOf(event.readyAtMs) };
    case 'zygote.none':
      return { ...unknownHealth, isOff: true };
    case 'zygote.died':
      return { ...health, pid: null, readySince: null };
    case 'zygote.failed': {
      const { step, message, stderr, attempts, failedAtMs, retryInMs, servingPid } = event;
      const times = { failedAt: timeOf(failedAtMs), nextTryAt: timeOf(failedAtMs + retryInMs) };
      const readySince = servingPid === null ? null : health.readySince;
      return {
        ...health,
        pid: servingPid,
        readySince,
        trouble: { step, message, stderr, attempts, ...times },
      };
    }
    default:
      return health;
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

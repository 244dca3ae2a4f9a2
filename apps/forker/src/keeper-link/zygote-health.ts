import type { ZygoteHealth } from '@hatchery/events';
import type { KeeperEvent } from './messages.ts';

/** Before anything is known. */
export const unknownHealth: ZygoteHealth = { pid: null, trouble: null };

/** The health after the keeper has said something. Pure. */
export function healthAfter(health: ZygoteHealth, event: KeeperEvent): ZygoteHealth {
  switch (event.event) {
    case 'zygote.ready':
      return { pid: event.pid, trouble: null };
    case 'zygote.none':
      return { pid: null, trouble: null };
    case 'zygote.died':
      return { ...health, pid: null };
    case 'zygote.failed': {
      const { step, message, stderr, attempts, failedAtMs, retryInMs } = event;
      const [failedAt, nextTryAt] = [failedAtMs, failedAtMs + retryInMs].map((ms) => new Date(ms).toISOString());
      const trouble = { step, message, stderr, attempts, failedAt: failedAt ?? '', nextTryAt: nextTryAt ?? '' };
      return { pid: event.servingPid, trouble };
    }
    default:
      return health;
  }
}

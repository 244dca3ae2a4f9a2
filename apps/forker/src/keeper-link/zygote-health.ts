import type { KeeperEvent } from './messages.ts';

/** A zygote that did not come up, and what is done about it. */
export interface ZygoteTrouble {
  /** What it was doing, as `importing breezy`. */
  readonly step: string;
  readonly message: string;
  /** The last lines of its stderr. */
  readonly stderr: readonly string[];
  /** How many have failed in a row. */
  readonly attempts: number;
  /** RFC 3339. */
  readonly failedAt: string;
  readonly nextTryAt: string;
}

/** What `GET /v1/state` says of the zygote. Trouble with a newer one does not take away the one that serves. */
export interface ZygoteHealth {
  /** Of the one that serves; null while there is none, and where every child is a Python of its own. */
  readonly pid: number | null;
  readonly trouble: ZygoteTrouble | null;
}

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

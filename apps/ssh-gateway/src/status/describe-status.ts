import { drainOf, type GatewayStatus } from './status.ts';

/** What `GET /v1/state` of the control socket says of the status. */
export interface StatusFields {
  /** `stopping` also behind a successor: it takes no new connection, and ends. */
  readonly state: 'open' | 'draining' | 'stopping';
  readonly drainingSince: Date | null;
  readonly drainDeadline: Date | null;
}

/** The first beginning, and the deadline of a drain before that of a hand-over. */
export function describeStatus(status: GatewayStatus): StatusFields {
  const drain = drainOf(status);
  const periods = [drain, status.name === 'replaced' ? status.period : null];
  const begun = periods.filter((period) => period !== null);
  const since = begun.length === 0 ? null : Math.min(...begun.map((period) => period.since));
  return {
    state: status.name === 'open' || status.name === 'draining' ? status.name : 'stopping',
    drainingSince: since === null ? null : new Date(since),
    drainDeadline: begun[0] === undefined ? null : new Date(begun[0].deadline),
  };
}

/** Why a gateway with this status is not ready; null when it takes connections. */
export function unreadyBy(status: GatewayStatus): string | null {
  return status.name === 'open' ? null : 'draining';
}

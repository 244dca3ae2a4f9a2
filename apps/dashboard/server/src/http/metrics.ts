import type { ChildState, ForkerLoad, LockCondition, View } from '@hatchery/events';
import { counter, expositionText, gauge, gauges, type Family } from '@hatchery/metrics';
import type { HistoryState } from '../history/history.ts';
import { loadFamilies } from './load-families.ts';

/** What the dashboard knows that a Prometheus may want to alert on. */
export interface MetricsInput {
  readonly view: View;
  /** Whether the forker was ever heard; until then `view` says nothing. */
  readonly isKnown: boolean;
  readonly feedUp: boolean;
  readonly gatewayUp: boolean;
  readonly seq: number;
  readonly browsers: number;
  readonly tooSlowTotal: number;
  readonly untrustedTotal: number;
  readonly requestsRefusedTotal: number;
  readonly stuck: number;
  readonly history: HistoryState;
}

const states: readonly ChildState[] = ['starting', 'waiting', 'running', 'stopping'];
const conditions: readonly LockCondition[] = ['held', 'orphaned', 'stale', 'unknown', 'deleted'];

/**
 * What Prometheus reads; without a `load`, which the fork service did not tell, its numbers are
 * absent. No label has a user's name in it.
 */
export function metricsText(input: MetricsInput, load: ForkerLoad | null): Promise<string> {
  return expositionText([...familiesOf(input), ...(load === null ? [] : loadFamilies(load))]);
}

function familiesOf(input: MetricsInput): readonly Family[] {
  return [...(input.isKnown ? serviceFamilies(input) : []), ...ownFamilies(input)];
}

/** What the forker tells; of one that was never heard nothing is known, which is not zero. */
function serviceFamilies({ view, stuck }: MetricsInput): readonly Family[] {
  const children = Object.values(view.children);
  const byState = states.map((state) => ({
    labels: { state },
    value: children.filter((child) => child.state === state).length,
  }));
  return [
    gauges('hatchery_children', 'Live children by state.', byState),
    gauge(
      'hatchery_children_cpu_cores',
      'CPU use of all children, in cores.',
      sum(children.map((child) => child.usage?.cpuPercent)) / 100,
    ),
    gauge(
      'hatchery_children_private_bytes',
      'Private memory of all children.',
      sum(children.map((child) => child.usage?.privateBytes)),
    ),
    gauges('hatchery_locks', 'Locks by condition.', locksByCondition(view)),
    gauge('hatchery_lock_waiters', 'Sessions and scripts that wait for a lock.', waiters(view)),
    gauge(
      'hatchery_children_stuck',
      'Children that hold a lock and made no progress for five minutes.',
      stuck,
    ),
    gauge(
      'hatchery_zygote_ready',
      '1 when the zygote can fork, or none is wanted (forker.fork = false).',
      view.zygote.state === 'ready' || view.zygote.state === 'off' ? 1 : 0,
    ),
    gauge('hatchery_draining', '1 while no new session is taken.', view.draining ? 1 : 0),
  ];
}

function ownFamilies(input: MetricsInput): readonly Family[] {
  const {
    feedUp,
    gatewayUp,
    seq,
    browsers,
    tooSlowTotal,
    untrustedTotal,
    requestsRefusedTotal,
    history,
  } = input;
  return [
    gauge(
      'hatchery_dashboard_feed_up',
      '1 while the feed of the forker is heard; without it the gauges above are old.',
      feedUp ? 1 : 0,
    ),
    gauge(
      'hatchery_dashboard_gateway_feed_up',
      '1 while the feed of the gateway is heard.',
      gatewayUp ? 1 : 0,
    ),
    gauge('hatchery_dashboard_browsers', 'Pages connected to the live stream.', browsers),
    gauge(
      'hatchery_dashboard_history_up',
      '1 while the history reaches the disk.',
      history.problem === null ? 1 : 0,
    ),
    gauge('hatchery_dashboard_history_bytes', 'Size of the history.', history.bytes),
    gauge(
      'hatchery_dashboard_history_waiting_records',
      'Records that wait for the disk.',
      history.waiting,
    ),
    counter(
      'hatchery_dashboard_history_lost_records_total',
      'Records given up because the disk did not take them.',
      history.lost,
    ),
    counter('hatchery_dashboard_events_total', 'Events numbered by this dashboard.', seq),
    counter('hatchery_dashboard_slow_clients_total', 'Pages closed as too slow.', tooSlowTotal),
    counter(
      'hatchery_dashboard_untrusted_headers_total',
      'Requests that named a user without coming from the proxy.',
      untrustedTotal,
    ),
    counter(
      'hatchery_dashboard_refused_requests_total',
      'Requests refused because one user sent too many.',
      requestsRefusedTotal,
    ),
  ];
}

function locksByCondition({ locks }: View): Family['values'] {
  const all = Object.values(locks);
  return conditions.map((condition) => ({
    labels: { condition },
    value: all.filter((lock) => lock.condition === condition).length,
  }));
}

function waiters({ locks }: View): number {
  return sum(Object.values(locks).map((lock) => lock.waiters.length));
}

function sum(numbers: readonly (number | null | undefined)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
}

import type { ForkerLoad, Spans } from '@hatchery/events';
import { counter, counters, gauge, histogram, type Family } from '@hatchery/metrics';

/** How full the fork service is, as Prometheus reads it. */
export function loadFamilies(load: ForkerLoad): readonly Family[] {
  const {
    children,
    childrenMax,
    orphans,
    zombies,
    waiting,
    waitingMax,
    waited,
    refused,
    failures,
    limits,
    leftovers,
    leftoversCollected,
    left,
  } = load;
  return [
    gauge('hatchery_sessions_used', 'Places of max_children that are taken.', children),
    gauge('hatchery_sessions_limit', 'max_children.', childrenMax),
    gauge(
      'hatchery_orphans',
      'Sessions whose keeper died: how they end will not be known.',
      orphans,
    ),
    ...(zombies === null
      ? []
      : [gauge('hatchery_zombies', 'Ended processes that nobody has reaped.', zombies)]),
    gauge('hatchery_fork_queue_length', 'Requests that wait for a session.', waiting),
    gauge('hatchery_fork_queue_limit', 'Requests that may wait for a session.', waitingMax),
    histogram(
      'hatchery_fork_queue_wait_seconds',
      'How long requests waited that had to, whatever came of them.',
      distribution(waited),
    ),
    counters(
      'hatchery_forks_refused_total',
      'Requests for a session that were refused, by limit or cause.',
      Object.entries(refused).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    counters(
      'hatchery_session_failures_total',
      'What sessions were refused, or failed of, by kind; disk, damaged and internal are for the operator.',
      Object.entries(failures).map(([kind, value]) => ({ labels: { kind }, value })),
    ),
    counters(
      'hatchery_sessions_ended_by_limit_total',
      'Sessions that a limit ended, by its key in [limits]; memory is that of the machine.',
      Object.entries(limits).map(([limit, value]) => ({ labels: { limit }, value })),
    ),
    ...(leftovers === null
      ? []
      : [
          gauge(
            'hatchery_leftovers',
            'What killed sessions left in the hosting root.',
            leftovers.count,
          ),
          gauge('hatchery_leftover_bytes', 'Its size.', leftovers.bytes),
        ]),
    counter(
      'hatchery_leftovers_collected_total',
      'Leftovers of killed sessions that were removed.',
      leftoversCollected,
    ),
    counter(
      'hatchery_fork_requests_left_total',
      'Requests whose client left before its turn.',
      left,
    ),
  ];
}

function distribution({ boundsS, counts, sumS }: Spans): Parameters<typeof histogram>[2] {
  return { bounds: boundsS, counts, sum: sumS };
}

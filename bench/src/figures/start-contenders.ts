import { coldSessions } from '../sessions/cold-sessions.ts';
import { forkedSessions } from '../sessions/forked-session.ts';
import type { OpenSession } from '../sessions/session.ts';
import type { Hatchery } from '../stand/hatchery.ts';
import type { Stand } from '../stand/stand.ts';
import type { Target } from './figure.ts';

/** The ways to start a smart server on this machine, by their names in the tables. */
export const starts = {
  pool: 'forked, default pool',
  noPool: 'forked, pool_size 0',
  cold: 'cold brz',
  coldWithoutPlugins: 'cold brz --no-plugins',
} as const;

/** How many times faster than a cold start a forked one must be, at the median. */
const timesFaster = 6;

/** The promises about the start: both of our ways against both rivals. */
export const startTargets: readonly Target[] = [starts.pool, starts.noPool].flatMap((name) =>
  [starts.cold, starts.coldWithoutPlugins].map(
    (rival) => ({ kind: 'times-better', name, rival, atLeast: timesFaster }) as const,
  ),
);

/** Each way to start, ours first. */
export function startContenders(
  stand: Stand,
  withoutPool: Hatchery,
): { name: string; open: OpenSession }[] {
  const { home, hatchery } = stand;
  const { hostingRoot } = hatchery;
  return [
    { name: starts.pool, open: forkedSessions(hatchery.forkerSocket) },
    { name: starts.noPool, open: forkedSessions(withoutPool.forkerSocket) },
    { name: starts.cold, open: coldSessions({ hostingRoot, home, plugins: true }) },
    { name: starts.coldWithoutPlugins, open: coldSessions({ hostingRoot, home, plugins: false }) },
  ];
}

import { alternate } from '../rounds/alternate.ts';
import { endTogether, openTogether } from '../sessions/together.ts';
import type { Figure } from './figure.ts';
import { startContenders, startTargets } from './start-contenders.ts';

/** More than any pool holds and fewer than one user may have. */
const requestsAtOnce = 20;

/** How soon smart servers answer when many are requested at once. */
export const burst: Figure = {
  name: 'burst',
  title: `as fork, ${requestsAtOnce} asked for at once`,
  needs: ['/usr/bin/brz'],
  async measure(stand, { quick, progress }) {
    await using withoutPool = await stand.startHatchery({ pool_size: 0 });
    const { signal } = stand;
    const contenders = startContenders(stand, withoutPool).map(({ name, open }) => ({
      name,
      sample: async () => {
        const sessions = await openTogether(open, requestsAtOnce, signal);
        await endTogether(sessions);
        return sessions.map(({ firstReplyMs }) => firstReplyMs);
      },
    }));
    const series = await alternate(contenders, {
      rounds: quick ? 2 : 6,
      warmUpRounds: 1,
      signal,
      progress,
    });
    const comparison = {
      title: 'time to first reply',
      unit: 'ms',
      better: 'lower',
      targets: startTargets,
    } as const;
    return { comparisons: [{ ...comparison, series }] };
  },
};

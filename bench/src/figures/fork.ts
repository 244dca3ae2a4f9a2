import { alternate } from '../rounds/alternate.ts';
import type { OpenSession } from '../sessions/session.ts';
import type { Figure } from './figure.ts';
import { startContenders, startTargets } from './start-contenders.ts';

/** How soon a smart server answers after it was requested. */
export const fork: Figure = {
  name: 'fork',
  title: 'from asking for a smart server to its first reply, one at a time',
  needs: ['/usr/bin/brz'],
  async measure(stand, { quick, progress }) {
    await using withoutPool = await stand.startHatchery({ pool_size: 0 });
    const { signal } = stand;
    const contenders = startContenders(stand, withoutPool).map(({ name, open }) => ({
      name,
      sample: () => firstReplyOf(open, signal),
    }));
    const series = await alternate(contenders, {
      rounds: quick ? 20 : 100,
      warmUpRounds: 2,
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

/** One session from its start to its end; the time to the first reply is the result. */
export async function firstReplyOf(
  open: OpenSession,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const session = await open(signal);
  await session.end();
  return [session.firstReplyMs];
}

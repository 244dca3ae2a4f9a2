import { setTimeout as delay } from 'node:timers/promises';
import { crowdSize } from '../dashboard/crowd.ts';
import { ServedDashboard } from '../dashboard/served-dashboard.ts';
import { serverBudget } from '../dashboard/server-budget.ts';
import { WatchedPage } from '../dashboard/watched-page.ts';
import type { Comparison, Figure } from './figure.ts';

const ours = 'page';

/** Ticks of one round: five seconds, so that the 95th percentile is one of 20. */
const ticksPerRound = 20;

/** What a watching page costs its computer, and how soon it shows changes. */
export const dashboard: Figure = {
  name: 'dashboard',
  title: `the page with ${crowdSize} children, 1000 changes a tick at 4 Hz`,
  needs: ['/usr/bin/chromium'],
  async measure(stand, { quick, progress }) {
    await using served = await ServedDashboard.start(stand.scratch('dashboard'), stand.signal);
    const rounds = quick ? 2 : 12;
    const found = {
      script: [] as number[][],
      task: [] as number[][],
      lock: [] as number[][],
      first: [] as number[][],
    };
    let loadedMb = 0;
    for (let round = 0; round < rounds; round += 1) {
      await using watched = await WatchedPage.open(served.url);
      found.first.push([await watched.firstRowMs()]);
      loadedMb = (await watched.loadedBytes()) / 1e6;
      // The first seconds belong to the load, which is measured separately.
      await delay(2_000, undefined, { signal: stand.signal });
      const { scriptMs, longestTaskMs } = await watched.watch(ticksPerRound, stand.signal);
      found.script.push([p95(scriptMs)]);
      // A browser reports no task below 50 ms; a task of 1 ms stands for none.
      found.task.push([Math.max(1, longestTaskMs)]);
      const locks: number[] = [];
      for (let lock = 0; lock < 10; lock += 1)
        locks.push(await watched.lockToPixelMs(served.crowd));
      found.lock.push([p95(locks)]);
      progress(round + 1, rounds);
    }
    return {
      comparisons: [
        limited('script a tick, p95 of a round', found.script, 16),
        limited('longest task of a round', found.task, 100),
        limited('lock event to pixel, p95 of a round', found.lock, 250),
        limited('request to first painted child', found.first, 1_000),
        { ...limited('first load, gzip', [[loadedMb]], 0.23), unit: 'MB' },
        ...(await serverBudget(served, stand, quick)),
      ],
    };
  },
};

function limited(
  title: string,
  rounds: readonly (readonly number[])[],
  atMost: number,
): Comparison {
  const targets = [{ kind: 'limit', name: ours, atMost }] as const;
  return { title, unit: 'ms', better: 'lower', series: [{ name: ours, rounds }], targets };
}

function p95(values: readonly number[]): number {
  return (
    values.toSorted((left, right) => left - right)[Math.ceil(values.length * 0.95) - 1] ??
    Number.NaN
  );
}

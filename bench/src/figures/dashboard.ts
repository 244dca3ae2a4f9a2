import { setTimeout as delay } from 'node:timers/promises';
import { crowdSize } from '../dashboard/crowd.ts';
import { ServedDashboard } from '../dashboard/served-dashboard.ts';
import { stalledBrowser } from '../dashboard/stalled-browser.ts';
import { WatchedPage } from '../dashboard/watched-page.ts';
import { readProcessMemory } from '../memory/process-memory.ts';
import type { Stand } from '../stand/stand.ts';
import type { Comparison, Figure, Readings } from './figure.ts';

const ours = 'page';

/** Ticks of one round: five seconds, of which the 95th percentile is one of 20. */
const ticksPerRound = 20;

/** Stalled at once, so that what each costs stands out of what a garbage collection moves. */
const stalledBrowsers = 20;

/** Until then a stalled browser is still open; after 10 s it would be closed. */
const stalledMs = 8_000;

/** What a watching page costs its computer, and how soon it shows what happens. */
export const dashboard: Figure = {
  name: 'dashboard',
  title: `the page with ${crowdSize} children, 1000 changes a tick at 4 Hz`,
  needs: ['/usr/bin/chromium'],
  async measure(stand, { quick, progress }) {
    await using served = await ServedDashboard.start(stand.scratch('dashboard'), stand.signal);
    const rounds = quick ? 2 : 12;
    const found = { script: [] as number[][], task: [] as number[][], lock: [] as number[][], first: [] as number[][] };
    let loadedMb = 0;
    for (let round = 0; round < rounds; round += 1) {
      await using watched = await WatchedPage.open(served.url);
      found.first.push([await watched.firstRowMs()]);
      loadedMb = (await watched.loadedBytes()) / 1e6;
      // The first seconds are those of the load, which stand by themselves.
      await delay(2_000, undefined, { signal: stand.signal });
      const { scriptMs, longestTaskMs } = await watched.watch(ticksPerRound, stand.signal);
      found.script.push([p95(scriptMs)]);
      // A browser tells of no task below 50 ms; one of 1 ms stands for none.
      found.task.push([Math.max(1, longestTaskMs)]);
      const locks: number[] = [];
      for (let lock = 0; lock < 10; lock += 1) locks.push(await watched.lockToPixelMs(served.crowd));
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
      ],
      readings: await serverMemory(served, stand),
    };
  },
};

function limited(title: string, rounds: readonly (readonly number[])[], atMost: number): Comparison {
  const targets = [{ kind: 'limit', name: ours, atMost }] as const;
  return { title, unit: 'ms', better: 'lower', series: [{ name: ours, rounds }], targets };
}

/** The memory of the server without and with browsers that do not read, and what one of them costs. */
async function serverMemory({ url, pid }: ServedDashboard, { signal }: Stand): Promise<Readings> {
  const before = await lowestPrivateMb(pid, signal);
  using stack = new DisposableStack();
  for (let browser = 0; browser < stalledBrowsers; browser += 1) stack.use(await stalledBrowser(url));
  const after = await lowestPrivateMb(pid, signal);
  const each = (after - before) / stalledBrowsers;
  return {
    title: 'server, private',
    unit: 'MB',
    rows: [{ name: 'dashboard', values: { before, [`with ${stalledBrowsers} stalled`]: after, each: each } }],
  };
}

/** The least of a while: what lies above it is garbage that was not collected yet. */
async function lowestPrivateMb(pid: number, signal: AbortSignal): Promise<number> {
  const readings: number[] = [];
  for (const end = Date.now() + stalledMs; Date.now() < end;) {
    await delay(100, undefined, { signal });
    readings.push(readProcessMemory(pid).private);
  }
  return Math.min(...readings);
}

function p95(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
}

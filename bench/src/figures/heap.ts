import { setTimeout as delay } from 'node:timers/promises';
import { crowdSize } from '../dashboard/crowd.ts';
import { ServedDashboard } from '../dashboard/served-dashboard.ts';
import { WatchedPage } from '../dashboard/watched-page.ts';
import { slope } from '../statistics/statistics.ts';
import type { Figure } from './figure.ts';

const name = 'page';

/** Until every bounded list of the page is full: lines, ended children, compiled code. */
const settleMs = 90_000;
const watchMs = 600_000;
const everyMs = 15_000;

/** Checks that this still works; too short to say anything about ten minutes. */
const quickly = { settleMs: 5_000, watchMs: 20_000, everyMs: 4_000 } as const;

/** What a page that is left open all day uses: its heap after garbage collection, repeatedly. */
export const heap: Figure = {
  name: 'heap',
  title: `growth of the page's heap over ten minutes with ${crowdSize} children, 1000 changes a tick at 4 Hz`,
  needs: ['/usr/bin/chromium'],
  async measure(stand, { quick, progress }) {
    const times = quick ? quickly : { settleMs, watchMs, everyMs };
    await using served = await ServedDashboard.start(stand.scratch('heap'), stand.signal);
    await using watched = await WatchedPage.open(served.url);
    await delay(times.settleMs, undefined, { signal: stand.signal });
    const rounds = Math.round(times.watchMs / times.everyMs);
    const points: [number, number][] = [];
    const startedAt = performance.now();
    for (let round = 0; round <= rounds; round += 1) {
      points.push([
        (performance.now() - startedAt) / 1_000,
        (await watched.livingHeapBytes()) / 1_000,
      ]);
      progress(round, rounds);
      if (round < rounds) await delay(times.everyMs, undefined, { signal: stand.signal });
    }
    const targets = quick ? [] : ([{ kind: 'limit', name, atMost: 1 }] as const);
    const kilobytes = points.map(([, kB]) => kB);
    const [first = 0, last = 0] = [kilobytes[0], kilobytes.at(-1)];
    const values = {
      first: first / 1_000,
      last: last / 1_000,
      most: Math.max(...kilobytes) / 1_000,
    };
    return {
      comparisons: [
        {
          title: 'growth of the heap',
          unit: 'kB/s',
          better: 'lower',
          series: [{ name, rounds: [[slope(points)]] }],
          targets,
        },
      ],
      readings: { title: 'heap after a collection', unit: 'MB', rows: [{ name, values }] },
    };
  },
};

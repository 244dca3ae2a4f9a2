import { setTimeout as delay } from 'node:timers/promises';
import type { Comparison } from '../figures/figure.ts';
import { cpuMilliseconds } from '../memory/process-cpu.ts';
import { readProcessMemory } from '../memory/process-memory.ts';
import type { Stand } from '../stand/stand.ts';
import { readingBrowser, stalledBrowser } from './live-browser.ts';
import type { ServedDashboard } from './served-dashboard.ts';

const pagesCount = 50;
const names = {
  pages: `${pagesCount} pages`,
  none: 'no page',
  stalled: 'one stalled page',
} as const;

/** The server's promised limit, whatever pages do. */
const percentMax = 10;
const stalledMbMax = 1;

/** How long to measure the use of a core: twenty ticks. */
const windowMs = 5_000;

/**
 * Pages that connect at once get a snapshot of some megabytes each. This belongs to the start, so
 * wait for it.
 */
const settleMs = 2_000;

/**
 * As many as one user may have open, so that the cost of each exceeds what a garbage collection
 * moves.
 */
const stalledPages = 60;

/** Until then a stalled page is still open; after 10 s it would be closed. */
const stalledMs = 8_000;

/**
 * What the server uses for pages that read, by its own CPU time, and what a page that does not read
 * costs it.
 */
export async function serverBudget(
  { url, pid }: ServedDashboard,
  { signal }: Stand,
  quick: boolean,
): Promise<readonly Comparison[]> {
  const cpu = { none: [] as number[][], pages: [] as number[][] };
  for (let round = 0; round < (quick ? 1 : 4); round += 1) {
    cpu.none.push([await shareOfCore(pid, signal)]);
    using stack = new DisposableStack();
    for (let page = 0; page < pagesCount; page += 1) stack.use(await readingBrowser(url));
    await delay(settleMs, undefined, { signal });
    cpu.pages.push([await shareOfCore(pid, signal)]);
  }
  const each: number[] = [];
  // The first rounds grow the heap once to what a crowd of new clients needs.
  for (let round = 0; round < (quick ? 2 : 4); round += 1) {
    const before = await lowestPrivateMb(pid, signal);
    using stalled = new DisposableStack();
    for (let page = 0; page < stalledPages; page += 1) stalled.use(await stalledBrowser(url));
    each.push(((await lowestPrivateMb(pid, signal)) - before) / stalledPages);
  }
  return [
    {
      title: 'use of a core by the server',
      unit: '% of a core',
      better: 'lower',
      series: [
        { name: names.pages, rounds: cpu.pages },
        { name: names.none, rounds: cpu.none },
      ],
      targets: [{ kind: 'limit', name: names.pages, atMost: percentMax }],
    },
    {
      title: 'private memory of the server',
      unit: 'MB',
      better: 'lower',
      series: [{ name: names.stalled, rounds: each.slice(1).map((mb) => [mb]) }],
      targets: [{ kind: 'limit', name: names.stalled, atMost: stalledMbMax }],
    },
  ];
}

async function shareOfCore(pid: number, signal: AbortSignal): Promise<number> {
  const [beforeMs, startedAtMs] = [cpuMilliseconds(pid), performance.now()];
  await delay(windowMs, undefined, { signal });
  return (100 * (cpuMilliseconds(pid) - beforeMs)) / (performance.now() - startedAtMs);
}

/** The lowest value during a period: whatever exceeds it is garbage that was not collected yet. */
async function lowestPrivateMb(pid: number, signal: AbortSignal): Promise<number> {
  const readings: number[] = [];
  for (const end = Date.now() + stalledMs; Date.now() < end;) {
    await delay(100, undefined, { signal });
    readings.push(readProcessMemory(pid).private);
  }
  return Math.min(...readings);
}

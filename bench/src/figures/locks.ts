import { setTimeout as delay } from 'node:timers/promises';
import { LockedBranches } from '../locks/locked-branches.ts';
import { LockFeed, lockPath } from '../locks/lock-feed.ts';
import { cpuMilliseconds } from '../memory/process-cpu.ts';
import { alternate } from '../rounds/alternate.ts';
import type { Figure } from './figure.ts';

const locksCount = 1_000;
const sessionsCount = 8;
const changesPerS = 200;
const names = {
  busy: `${locksCount} locks, ${changesPerS} changes a second`,
  calm: `${locksCount} locks, no change`,
} as const;

/** The promised limits of the forker's use of a core, and of the way from a session to the feed. */
const percentMax = 20;
const onFeedMsMax = 50;

/** How long each use of a core is measured. */
const windowMs = 3_000;

/**
 * What it costs to know every lock: real sessions lock and unlock real branches, and every change
 * has to be on the feed.
 */
export const locks: Figure = {
  name: 'locks',
  title: `the forker's own use of a core while ${sessionsCount} sessions change ${locksCount} locks, and the feed is exact`,
  needs: ['/usr/bin/brz'],
  async measure(stand, { quick, progress }) {
    const { home, signal } = stand;
    await using hatchery = await stand.startHatchery({ pool_size: 2 });
    const forker = (await hatchery.parts(signal)).get('forker');
    if (forker === undefined) throw new Error('there is no forker');
    await using feed = new LockFeed(hatchery.controlSocket);
    await using branches = await LockedBranches.open(
      hatchery,
      home,
      { branches: locksCount, sessions: sessionsCount },
      signal,
    );
    await feed.assertExact(branches.paths, signal);
    const toldMs: number[][] = [];
    const busy = async (): Promise<readonly number[]> => {
      const [toldBefore, taken] = [feed.changes, new Map<string, number>()];
      let changes = 0;
      const share = await shareOfCore(forker, async () => {
        changes = await branches.change(changesPerS, windowMs, (path, askedAtMs) =>
          taken.set(path, askedAtMs),
        );
      });
      await feed.assertExact(branches.paths, signal);
      const told = feed.changes - toldBefore;
      if (told !== changes)
        throw new Error(`${changes} changes were made, and the feed told of ${told}`);
      toldMs.push(
        [...taken].map(
          ([path, askedAtMs]) => (feed.toldAtMs.get(lockPath(path)) ?? NaN) - askedAtMs,
        ),
      );
      return [share];
    };
    const calm = async (): Promise<readonly number[]> => [
      await shareOfCore(forker, () => delay(windowMs, undefined, { signal })),
    ];
    const contenders = [
      { name: names.busy, sample: busy },
      { name: names.calm, sample: calm },
    ];
    const rounds = quick ? 2 : 6;
    const series = await alternate(contenders, { rounds, warmUpRounds: 1, signal, progress });
    return {
      comparisons: [
        {
          title: 'use of a core',
          unit: '% of a core',
          better: 'lower',
          series,
          targets: [{ kind: 'limit', name: names.busy, atMost: percentMax }],
        },
        {
          title: 'from the request for a lock to its event on the feed',
          unit: 'ms',
          better: 'lower',
          series: [{ name: names.busy, rounds: toldMs.slice(-rounds) }],
          targets: [{ kind: 'p99-limit', name: names.busy, atMost: onFeedMsMax }],
        },
      ],
    };
  },
};

async function shareOfCore(pid: number, work: () => Promise<void>): Promise<number> {
  const [beforeMs, startedAtMs] = [cpuMilliseconds(pid), performance.now()];
  await work();
  return (100 * (cpuMilliseconds(pid) - beforeMs)) / (performance.now() - startedAtMs);
}

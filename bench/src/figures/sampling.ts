import { setTimeout as delay } from 'node:timers/promises';
import { controlRequest } from '@hatchery/event-feed';
import { alternate } from '../rounds/alternate.ts';
import { cpuMilliseconds } from '../memory/process-cpu.ts';
import { forkedSessions } from '../sessions/forked-session.ts';
import type { OpenSession, Session } from '../sessions/session.ts';
import { endTogether, openTogether } from '../sessions/together.ts';
import type { Figure, Readings } from './figure.ts';

const childrenCount = 500;
const names = { many: `${childrenCount} idle children`, none: 'no child' } as const;

/** How many are opened at a time: enough to keep the zygote busy. */
const openAtOnce = 20;

/** The promised limit of sampling all of them once a second. */
const percentMax = 5;

/**
 * How long the use of a core is measured, and how long to wait before that for the last round of
 * samples to end.
 */
const windowMs = 1_500;

/** What it costs to know what every child uses. */
export const sampling: Figure = {
  name: 'sampling',
  title: `the forker's own use of a core while it samples ${childrenCount} children each second and a page reads along`,
  needs: ['/usr/bin/brz'],
  async measure(stand, { quick, progress }) {
    const limits = { max_children: 2 * childrenCount, max_children_per_user: 2 * childrenCount };
    await using hatchery = await stand.startHatchery({ pool_size: 2, ...limits });
    const { signal } = stand;
    const forker = (await hatchery.parts(signal)).get('forker');
    if (forker === undefined) throw new Error('there is no forker');
    const options = { rounds: quick ? 2 : 4, warmUpRounds: 0, pauseMs: 0, signal, progress };
    const share = (name: string) => [{ name, sample: () => shareOfCore(forker, signal) }];
    const none = await alternate(share(names.none), options);
    const sessions = await openMany(forkedSessions(hatchery.forkerSocket), signal);
    // New children are read in full, all of them once.
    await delay(windowMs, undefined, { signal });
    const many = await alternate(share(names.many), options);
    const readings = await roundOf(hatchery.controlSocket);
    await endTogether(sessions);
    const comparison = { title: 'use of a core', unit: '% of a core', better: 'lower' } as const;
    const target = { kind: 'limit', name: names.many, atMost: percentMax } as const;
    return {
      comparisons: [{ ...comparison, series: [...many, ...none], targets: [target] }],
      readings,
    };
  },
};

/** How long it takes until each child has been sampled: a second, unless that costs too much. */
async function roundOf(controlSocket: string): Promise<Readings> {
  const state = (await controlRequest(controlSocket, 'GET', '/v1/state')) as {
    sampling: { roundMs: number };
  };
  const rows = [{ name: names.many, values: { 'a round': state.sampling.roundMs } }];
  return { title: 'until each has been sampled', unit: 'ms', rows };
}

async function openMany(open: OpenSession, signal: AbortSignal): Promise<Session[]> {
  const sessions: Session[] = [];
  while (sessions.length < childrenCount)
    sessions.push(...(await openTogether(open, openAtOnce, signal)));
  return sessions;
}

async function shareOfCore(pid: number, signal: AbortSignal): Promise<readonly number[]> {
  const [beforeMs, startedAtMs] = [cpuMilliseconds(pid), performance.now()];
  await delay(windowMs, undefined, { signal });
  return [(100 * (cpuMilliseconds(pid) - beforeMs)) / (performance.now() - startedAtMs)];
}

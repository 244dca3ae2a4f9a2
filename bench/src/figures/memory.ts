import { setTimeout as delay } from 'node:timers/promises';
import { settleMs } from '../limits.ts';
import { readProcessMemory, type ProcessMemory } from '../memory/process-memory.ts';
import { alternate } from '../rounds/alternate.ts';
import type { Contender, Series } from '../rounds/series.ts';
import { coldSessions } from '../sessions/cold-sessions.ts';
import { forkedSessions } from '../sessions/forked-session.ts';
import type { OpenSession } from '../sessions/session.ts';
import { endTogether, openTogether } from '../sessions/together.ts';
import type { Stand } from '../stand/stand.ts';
import type { Figure, Readings } from './figure.ts';
import { starts } from './start-contenders.ts';

/**
 * Held open together, as on a server: alone, a cold brz would count the pages of its program file
 * as its own.
 */
const heldTogether = 8;

/** The promised limit of a child, in MB. */
const privateMax = 3;

/** What an idle session costs. */
export const memory: Figure = {
  name: 'memory',
  title: `memory of an idle session after its first reply, ${heldTogether} held open at a time`,
  needs: ['/usr/bin/brz'],
  async measure(stand, { quick, progress }) {
    const { home, signal, hatchery } = stand;
    const { hostingRoot, forkerSocket } = hatchery;
    const contenders = [
      contender(starts.pool, forkedSessions(forkerSocket), signal),
      contender(starts.cold, coldSessions({ hostingRoot, home, plugins: true }), signal),
      contender(
        starts.coldWithoutPlugins,
        coldSessions({ hostingRoot, home, plugins: false }),
        signal,
      ),
    ];
    const measured = await alternate(contenders, {
      rounds: quick ? 1 : 4,
      warmUpRounds: 1,
      signal,
      progress,
    });
    const comparison = { unit: 'MB', better: 'lower' } as const;
    const target = { kind: 'limit', name: starts.pool, atMost: privateMax } as const;
    return {
      comparisons: [
        {
          ...comparison,
          title: 'private memory',
          series: measured.map(quantity('private')),
          targets: [target],
        },
        {
          ...comparison,
          title: 'Pss',
          series: measured.map(quantity('proportional')),
          targets: [],
        },
      ],
      readings: await partsMemory(stand),
    };
  },
};

function contender(name: string, open: OpenSession, signal: AbortSignal): Contender<ProcessMemory> {
  return {
    name,
    sample: async () => {
      const sessions = await openTogether(open, heldTogether, signal);
      await delay(settleMs, undefined, { signal });
      const memories = sessions.map(({ pid }) => readProcessMemory(pid));
      await endTogether(sessions);
      return memories;
    },
  };
}

function quantity(name: keyof ProcessMemory): (series: Series<ProcessMemory>) => Series {
  return (series) => ({
    name: series.name,
    rounds: series.rounds.map((round) => round.map((reading) => reading[name])),
  });
}

async function partsMemory(stand: Stand): Promise<Readings> {
  const parts = await stand.hatchery.parts(stand.signal);
  const rows = [...parts].map(([name, pid]) => ({ name, values: { ...readProcessMemory(pid) } }));
  return { title: 'the parts of the service', unit: 'MB', rows };
}

import { alternate } from '../rounds/alternate.ts';
import type { OpenSession } from '../sessions/session.ts';
import { spawnedSessions } from '../sessions/spawned-session.ts';
import { sshSession } from '../stand/destination.ts';
import type { Figure } from './figure.ts';
import { servers } from './server-names.ts';

/** A build farm's share: more than the cores of a small server. */
const lanes = 8;

/** How many whole sessions a second: each an ssh client, its first reply, its end. */
export const sessions: Figure = {
  name: 'sessions',
  title: `whole ssh sessions a second, ${lanes} at a time`,
  needs: ['/usr/bin/brz', '/usr/bin/ssh', '/usr/sbin/sshd', '/usr/bin/ssh-keygen'],
  async measure(stand, { quick, progress }) {
    await using sshd = await stand.startSshd();
    const { signal, home } = stand;
    const count = quick ? 24 : 64;
    const contender = (name: string, open: OpenSession) => ({
      name,
      sample: async () => [await sessionsPerSecond(open, count, signal)],
    });
    const contenders = [
      contender(servers.ours, spawnedSessions(sshSession(stand.hatchery.destination), home)),
      contender(servers.rival, spawnedSessions(sshSession(sshd.destination), home)),
    ];
    const series = await alternate(contenders, {
      rounds: quick ? 2 : 5,
      warmUpRounds: 1,
      signal,
      progress,
    });
    const comparison = {
      title: 'throughput',
      unit: 'sessions/s',
      better: 'higher',
      targets: [],
    } as const;
    return { comparisons: [{ ...comparison, series }] };
  },
};

async function sessionsPerSecond(
  open: OpenSession,
  count: number,
  signal: AbortSignal,
): Promise<number> {
  let left = count;
  const lane = async (): Promise<void> => {
    for (; left > 0 && !signal.aborted;) {
      left -= 1;
      const session = await open(signal);
      await session.end();
    }
  };
  const startedAtMs = performance.now();
  const running = Array.from({ length: lanes }, lane);
  try {
    await Promise.all(running);
  } catch (error) {
    left = 0;
    await Promise.allSettled(running);
    throw error;
  }
  return (1000 * count) / (performance.now() - startedAtMs);
}

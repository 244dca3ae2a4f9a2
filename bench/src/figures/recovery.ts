import { setTimeout as delay } from 'node:timers/promises';
import { ForkerUnavailableError } from '@hatchery/forker-client';
import { recoveryMsMax, redialEveryMs, settleMs } from '../limits.ts';
import { alternate } from '../rounds/alternate.ts';
import { forkedSessions } from '../sessions/forked-session.ts';
import type { OpenSession } from '../sessions/session.ts';
import type { Hatchery } from '../stand/hatchery.ts';
import type { Figure } from './figure.ts';
import { firstReplyOf } from './fork.ts';

const names = { calm: 'undisturbed', zygote: 'zygote killed', forker: 'forker killed' } as const;

/** The promise for a killed zygote: new sessions wait for less than a second. */
const zygoteMsMax = 1_000;

/** How long new sessions wait after a process was killed. */
export const recovery: Figure = {
  name: 'recovery',
  title: 'from kill -9 to the first reply of a new session, which was asked for at once',
  needs: ['/usr/bin/brz'],
  async measure(stand, { quick, progress }) {
    await using hatchery = await stand.startHatchery({ pool_size: 2 });
    const { signal } = stand;
    const open = persistent(forkedSessions(hatchery.forkerSocket), hatchery.forkerSocket);
    const contenders = [
      { name: names.calm, sample: () => firstReplyOf(open, signal) },
      { name: names.zygote, sample: () => afterDeathOf('zygote', hatchery, open, signal) },
      { name: names.forker, sample: () => afterDeathOf('forker', hatchery, open, signal) },
    ];
    // The supervisor gives up on a part that dies five times a minute.
    const series = await alternate(contenders, {
      rounds: quick ? 2 : 4,
      warmUpRounds: 0,
      signal,
      progress,
    });
    const comparison = { title: 'time to first reply', unit: 'ms', better: 'lower' } as const;
    const target = { kind: 'limit', name: names.zygote, atMost: zygoteMsMax } as const;
    return { comparisons: [{ ...comparison, series, targets: [target] }] };
  },
};

async function afterDeathOf(
  part: 'zygote' | 'forker',
  hatchery: Hatchery,
  open: OpenSession,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const pid = (await hatchery.parts(signal)).get(part);
  if (pid === undefined) throw new Error(`there is no ${part} to kill`);
  await delay(settleMs, undefined, { signal });
  process.kill(pid, 'SIGKILL');
  return firstReplyOf(open, signal);
}

/** Retries until a service answers, as the gateway does; the time runs from the first request. */
function persistent(open: OpenSession, socket: string): OpenSession {
  return async (signal) => {
    const startedAtMs = performance.now();
    for (;;) {
      const askedAtMs = performance.now();
      try {
        const session = await open(signal);
        return { ...session, firstReplyMs: askedAtMs - startedAtMs + session.firstReplyMs };
      } catch (error) {
        if (!(error instanceof ForkerUnavailableError)) throw error;
        if (performance.now() - startedAtMs > recoveryMsMax)
          throw new Error(`nobody answers on ${socket}`, { cause: error });
      }
      await delay(redialEveryMs, undefined, { signal });
    }
  };
}

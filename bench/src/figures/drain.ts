import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { controlRequest } from '@hatchery/event-feed';
import { drainMsMax, firstReplyMsMax, followMsMax, settleMs } from '../limits.ts';
import { within } from '../sessions/deadline.ts';
import { sshSession } from '../stand/destination.ts';
import { plainEnvironment } from '../stand/environment.ts';
import type { Figure } from './figure.ts';

/** Longer than the figure takes: nobody is disconnected. */
const deadlineS = 3_600;

/** How soon every gateway does what an operator has ordered of the fork service. */
export const drain: Figure = {
  name: 'drain',
  title: 'from the order to the fork service until the serving gateway and an old one follow',
  needs: ['/usr/bin/ssh'],
  async measure(stand, { quick, progress }) {
    const { signal } = stand;
    await using hatchery = await stand.startHatchery({ pool_size: 2 });
    await using _session = await holdSession(sshSession(hatchery.destination), stand.home);
    // The held session keeps the old gateway.
    await hatchery.restart(signal);
    const gateways = gatewaysIn(dirname(hatchery.controlSocket));
    const series = gateways.map(({ name }) => ({ name, rounds: [] as number[][] }));
    const rounds = quick ? 20 : 100;
    for (let round = 0; round < rounds; round += 1) {
      for (const verb of ['drain', 'undrain']) {
        // Another deadline each time, by which a gateway shows that it has heard.
        const order = { actor: 'bench', reason: 'a figure', deadlineS: deadlineS + round };
        const told = gateways.map((gateway) => changeOf(gateway.socket));
        const before = await Promise.all(told.map(({ before: first }) => first));
        const startedAtMs = performance.now();
        const follow = told.map(({ until }, index) => until(before[index] ?? null, startedAtMs));
        await controlRequest(hatchery.controlSocket, 'POST', `/v1/${verb}`, order);
        for (const [index, ms] of (await Promise.all(follow)).entries())
          series[index]?.rounds.push([ms]);
      }
      progress(round + 1, rounds);
      await delay(settleMs, undefined, { signal });
    }
    const comparison = { unit: 'ms', better: 'lower' } as const;
    return {
      comparisons: series.map((one) => ({
        ...comparison,
        title: one.name,
        series: [one],
        targets: [{ kind: 'p99-limit', name: one.name, atMost: drainMsMax }],
      })),
    };
  },
};

/** The control sockets of all gateways: an old one's carries its pid (decision 0026). */
function gatewaysIn(directory: string): { readonly name: string; readonly socket: string }[] {
  const sockets = readdirSync(directory).filter((name) => /^gateway\.sock(\.\d+-)?$/.test(name));
  if (sockets.length < 2) throw new Error(`there is no old gateway, only ${sockets.join(', ')}`);
  return sockets.toSorted().map((name, index) => ({
    name: index === 0 ? 'the serving gateway' : 'an old gateway',
    socket: join(directory, name),
  }));
}

/** Looks at a gateway until its deadline is another one than before. */
function changeOf(socket: string) {
  const deadline = async (): Promise<string | null> => {
    const state = (await controlRequest(socket, 'GET', '/v1/state')) as {
      readonly drainDeadline: string | null;
    };
    return state.drainDeadline;
  };
  return {
    before: deadline(),
    /** The milliseconds since `startedAtMs`; those of the look are among them. */
    until: async (before: string | null, startedAtMs: number): Promise<number> => {
      for (;;) {
        if ((await deadline()) !== before) return performance.now() - startedAtMs;
        if (performance.now() - startedAtMs > followMsMax)
          throw new Error(`the gateway on ${socket} does not follow`);
      }
    },
  };
}

/** A session that is open until it is disposed. */
async function holdSession(
  [program, ...words]: readonly [string, ...string[]],
  home: string,
): Promise<AsyncDisposable> {
  const stdio = ['pipe', 'pipe', 'ignore'] as ['pipe', 'pipe', 'ignore'];
  const ssh = spawn(program, words, { env: plainEnvironment(home), stdio });
  const ended = once(ssh, 'exit');
  ssh.stdin.on('error', () => undefined).write('hello\n');
  await within(once(ssh.stdout, 'data'), firstReplyMsMax, 'the session does not answer');
  return {
    [Symbol.asyncDispose]: async () => {
      ssh.kill('SIGKILL');
      await ended;
    },
  };
}

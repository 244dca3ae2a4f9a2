import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { settleMs, toolMsMax } from '../limits.ts';
import { privateMemoryOfTree } from '../memory/process-tree.ts';
import { alternate } from '../rounds/alternate.ts';
import { within } from '../sessions/deadline.ts';
import { BulkGateway } from '../stand/bulk-gateway.ts';
import { sshCommand, type Destination } from '../stand/destination.ts';
import { plainEnvironment } from '../stand/environment.ts';
import type { Figure } from './figure.ts';

/**
 * Held at a time: a garbage collection would outweigh a single one. sshd refuses above a hundred at
 * once.
 */
const clients = 50;

/** What a connection that is signed in and idle costs the server. */
export const idle: Figure = {
  name: 'idle',
  title: `private memory of the server for each of ${clients} connections that are signed in and wait`,
  needs: ['/usr/bin/ssh', '/usr/sbin/sshd', '/usr/bin/ssh-keygen'],
  async measure(stand, { quick, progress }) {
    const { signal, home } = stand;
    await using gateway = await BulkGateway.start(
      stand.scratch('idle'),
      stand.hatchery.destination.keyFile,
      signal,
    );
    await using sshd = await stand.startSshd();
    const contender = (name: string, pid: number, to: Destination) => ({
      name,
      sample: async (): Promise<number[]> => {
        const before = privateMemoryOfTree(pid);
        const held = waitingClients(to, home);
        try {
          const all = Promise.all(
            held.map(async ({ stdout }) => once(stdout as NodeJS.EventEmitter, 'data')),
          );
          await within(all, toolMsMax, 'not every client was let in');
          await delay(settleMs, undefined, { signal });
          return [(1000 * (privateMemoryOfTree(pid) - before)) / clients];
        } finally {
          for (const client of held) client.kill('SIGKILL');
          await Promise.all(held.filter(runs).map((client) => once(client, 'exit')));
        }
      },
    });
    const contenders = [
      contender('our gateway', gateway.pid, gateway.destination),
      contender('sshd', sshd.pid, sshd.destination),
    ];
    // The first ones make the gateway compile its code, which is not a client's cost.
    const series = await alternate(contenders, {
      rounds: quick ? 1 : 4,
      warmUpRounds: 2,
      signal,
      progress,
    });
    return {
      comparisons: [
        { title: 'a connection that waits', unit: 'kB', better: 'lower', series, targets: [] },
      ],
    };
  },
};

function runs({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** Each sends something once it is signed in, and then waits. */
function waitingClients(to: Destination, home: string): ChildProcess[] {
  const [program, ...words] = sshCommand(to, 'aes128-gcm@openssh.com');
  const waiting = [
    '-N',
    '-o',
    'PermitLocalCommand=yes',
    '-o',
    'LocalCommand=echo in',
    ...words.slice(0, -1),
  ];
  return Array.from({ length: clients }, () =>
    spawn(program, waiting, { env: plainEnvironment(home), stdio: ['pipe', 'pipe', 'ignore'] }),
  );
}

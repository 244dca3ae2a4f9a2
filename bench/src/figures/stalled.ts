import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcessMemory } from '../memory/process-memory.ts';
import { BulkGateway } from '../stand/bulk-gateway.ts';
import { sshCommand } from '../stand/destination.ts';
import { plainEnvironment } from '../stand/environment.ts';
import type { Figure } from './figure.ts';

/** Held at a time: a garbage collection would outweigh a single one. */
const clients = 20;

/** By then a gateway has allocated whatever it would for them. */
const holdMs = 3_000;

/** MB that a client may cost which does not read. */
const stalledMax = 8;

/** What a client that does not read costs the gateway. */
export const stalled: Figure = {
  name: 'stalled',
  title: `private memory of the gateway for each of ${clients} clients that do not read`,
  needs: ['/usr/bin/ssh', '/usr/bin/ssh-keygen'],
  async measure(stand, { progress }) {
    const { signal, home } = stand;
    await using gateway = await BulkGateway.start(
      stand.scratch('stalled'),
      stand.hatchery.destination.keyFile,
      signal,
    );
    gateway.children.script = 'exec cat /dev/zero';
    const [program, ...words] = sshCommand(gateway.destination, 'aes128-gcm@openssh.com');
    const cost = async (argv: readonly string[]): Promise<number> => {
      const before = readProcessMemory(gateway.pid).private;
      const held: ChildProcess[] = [];
      try {
        for (let number = 0; number < clients; number += 1)
          held.push(
            spawn(program, argv, {
              env: plainEnvironment(home),
              stdio: ['pipe', 'pipe', 'ignore'],
            }),
          );
        await delay(holdMs, undefined, { signal });
        if (held.some(({ exitCode }) => exitCode !== null)) throw new Error('a client has ended');
        return (readProcessMemory(gateway.pid).private - before) / clients;
      } finally {
        for (const client of held) client.kill('SIGKILL');
        await Promise.all(
          held.map((client) => new Promise((resolve) => client.once('exit', resolve))),
        );
      }
    };
    // The first ones make the gateway compile its code, which is not a client's cost.
    await cost(words);
    progress(1, 2);
    const notReading = await cost(words);
    progress(2, 2);
    const comparison = { unit: 'MB', better: 'lower' } as const;
    const series = [{ name: 'does not read', rounds: [[notReading]] }];
    const target = { kind: 'limit', name: 'does not read', atMost: stalledMax } as const;
    return {
      comparisons: [
        { ...comparison, title: 'a session that is not read', series, targets: [target] },
      ],
    };
  },
};

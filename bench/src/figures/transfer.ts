import { spawn } from 'node:child_process';
import { alternate } from '../rounds/alternate.ts';
import { sshCommand, type Destination } from '../stand/destination.ts';
import { BulkGateway } from '../stand/bulk-gateway.ts';
import { plainEnvironment } from '../stand/environment.ts';
import type { Stand } from '../stand/stand.ts';
import type { Comparison, Figure } from './figure.ts';

/** Every one that the gateway offers. */
const ciphers = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
] as const;

/** Enough that a handshake of 30 ms is less than a tenth. */
const megabytes = 64;

const scripts = {
  down: `head -c ${megabytes}000000 /dev/zero`,
  up: 'cat >/dev/null',
} as const;

type Direction = keyof typeof scripts;

/** How fast bytes go through a session, both ways. */
export const transfer: Figure = {
  name: 'transfer',
  title: `a session that moves ${megabytes} MB, by direction and cipher`,
  needs: ['/usr/bin/ssh', '/usr/sbin/sshd', '/usr/bin/ssh-keygen'],
  async measure(stand, { quick, progress }) {
    const { signal, home } = stand;
    await using gateway = await BulkGateway.start(
      stand.scratch('bulk'),
      stand.hatchery.destination.keyFile,
      signal,
    );
    const comparisons: Comparison[] = [];
    for (const direction of ['down', 'up'] as const) {
      gateway.children.script = scripts[direction];
      await using sshd = await stand.startSshd(scripts[direction]);
      for (const cipher of ciphers) {
        const sampleOf = (to: Destination) => async (): Promise<number[]> => [
          await rate(to, cipher, direction, stand),
        ];
        const contenders = [
          { name: 'our gateway', sample: sampleOf(gateway.destination) },
          { name: 'sshd', sample: sampleOf(sshd.destination) },
        ];
        const rounds = quick ? 1 : 2;
        const series = await alternate(contenders, {
          rounds,
          warmUpRounds: 1,
          pauseMs: 0,
          signal,
          progress,
        });
        const way = direction === 'down' ? 'to the client' : 'from the client';
        comparisons.push({
          title: `${way}, ${cipher}`,
          unit: 'MB/s',
          better: 'higher',
          series,
          targets: [],
        });
      }
    }
    return { comparisons };

    /** MB of a million bytes a second, the handshake included. */
    async function rate(
      to: Destination,
      cipher: string,
      direction: Direction,
      { signal: ended }: Stand,
    ): Promise<number> {
      const [program, ...words] = sshCommand(to, cipher);
      const feed = direction === 'up' ? `head -c ${megabytes}000000 /dev/zero | ` : '';
      const shell = `${feed}"$0" "$@" ${direction === 'up' ? '' : '</dev/null '}| wc -c`;
      const startedAtMs = performance.now();
      const printed = await output(['-c', shell, program, ...words], home, ended);
      const seconds = (performance.now() - startedAtMs) / 1000;
      const wanted = direction === 'down' ? megabytes * 1e6 : 0;
      if (Number(printed) !== wanted)
        throw new Error(`${printed.trim()} bytes came, not ${wanted}`);
      return megabytes / seconds;
    }
  },
};

function output(words: readonly string[], home: string, signal: AbortSignal): Promise<string> {
  const child = spawn('/bin/sh', words, {
    env: plainEnvironment(home),
    signal,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(text));
  });
}

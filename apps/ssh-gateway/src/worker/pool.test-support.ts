import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { within } from '@hatchery/testkit';
import type { RunningClient } from '../../testing/clients.ts';

/** The worker processes, as the kernel lists them. */
export function workerPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return (
          Number(parent) === process.pid &&
          state !== 'Z' &&
          /--worker/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Sends words through a session to their end. */
export async function echo(client: RunningClient, words: string): Promise<void> {
  client.process.stdin?.end(words);
  const { code, stdout, stderr } = await within('ssh to end', client.result);
  assert.deepEqual([code, stdout.toString()], [0, words], stderr);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { within } from '@hatchery/testkit';

/** The program behind `./hatchery`. */
export const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** How a command ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Status {
  readonly parts: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly state: string;
  }[];
}

/**
 * A command as typed in `directory`, whose `hatchery.toml` and `state` it names by relative paths.
 */
export async function hatchery(directory: string, ...words: string[]): Promise<Outcome> {
  const argv = [main, ...words, '--config', 'own.toml', '--state-dir', 'state'];
  const child = spawn(process.execPath, argv, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const [stdout, stderr] = await within(
    words.join(' '),
    Promise.all([text(child.stdout), text(child.stderr)]),
    120_000,
  );
  const [code] = (await ended) as [number | null];
  return { code, stdout, stderr };
}

/** Everything on free ports, unless the port of ssh is given. */
export function configure(directory: string, sshPort = 0): void {
  writeFileSync(
    join(directory, 'own.toml'),
    `[ssh]\nlisten = "127.0.0.1:${sshPort}"\n[dashboard]\nlisten = "127.0.0.1:0"\n`,
  );
}

/** The pid of a part as `status` tells it. */
export async function pidOf(directory: string, name: string): Promise<number | null> {
  const { parts } = JSON.parse((await hatchery(directory, 'status', '--json')).stdout) as Status;
  return parts.find((part) => part.name === name)?.pid ?? null;
}

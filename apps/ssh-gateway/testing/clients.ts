import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { within } from '@hatchery/testkit';

/** The result of a client program. */
export interface ClientResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The exec line that real clients send. */
export const serveLine = 'bzr serve --inet --directory=/ --allow-writes';

/** Where a client connects, and as whom. */
export interface Destination {
  readonly directory: string;
  readonly port: number;
  readonly user: string;
  readonly key: string;
}

/**
 * Arguments for /usr/bin/ssh that isolate it from the caller's own configuration, agent and known
 * hosts.
 */
export function sshArguments(
  { directory, port, user, key }: Destination,
  options: readonly string[] = [],
): string[] {
  const settings = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=no',
    `UserKnownHostsFile=${join(directory, 'known_hosts')}`,
  ];
  return [
    '-F',
    '/dev/null',
    ...settings.flatMap((setting) => ['-o', setting]),
    '-i',
    key,
    '-p',
    String(port),
    ...options,
    `${user}@127.0.0.1`,
  ];
}

/** A new key pair; the path of the private half. */
export function makeKey(
  directory: string,
  name: string,
  type: readonly string[] = ['-t', 'ed25519'],
): string {
  const path = join(directory, name);
  execFileSync('ssh-keygen', ['-q', ...type, '-f', path, '-N', '', '-C', name]);
  return path;
}

/** A running client program, with its output so far. */
export class RunningClient {
  readonly process: ChildProcess;
  readonly result: Promise<ClientResult>;
  /** Resolves when the client has closed its standard output. */
  readonly stdoutEnded: Promise<void>;
  readonly #stdout: Buffer[] = [];
  #stderr = '';

  constructor(program: string, argv: readonly string[]) {
    const child = spawn(program, argv, { stdio: 'pipe' });
    this.process = child;
    child.stdin.on('error', () => {});
    child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.stdoutEnded = new Promise((resolve) => child.stdout.once('end', () => resolve()));
    this.result = new Promise((resolve) => {
      child.on('close', (code, signal) =>
        resolve({ code, signal, stdout: this.stdout, stderr: this.#stderr }),
      );
    });
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stderr(): string {
    return this.#stderr;
  }
}

/** Runs a client to its end. Without `input` its standard input stays open. */
export async function run(
  program: string,
  argv: readonly string[],
  input?: string | Buffer,
): Promise<ClientResult> {
  const client = new RunningClient(program, argv);
  if (input !== undefined) client.process.stdin?.end(input);
  try {
    return await within(`${program} ${argv.at(-1)} to end`, client.result, 60_000);
  } finally {
    client.process.kill('SIGKILL');
  }
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { toolMsMax } from '../limits.ts';
import { plainEnvironment } from './environment.ts';

const execute = promisify(execFile);

/** Where Debian has the programs and libraries of a run, and the package that contains each. */
const packages = {
  '/usr/bin/brz': 'brz',
  '/usr/bin/chromium': 'chromium',
  '/usr/bin/ssh': 'openssh-client',
  '/usr/bin/ssh-keygen': 'openssh-client',
  '/usr/sbin/sshd': 'openssh-server',
  '/usr/lib/python3/dist-packages/fastimport': 'python3-fastimport',
} as const;

export type Needed = keyof typeof packages;

/** @throws an Error with the one command to run when any of it is missing */
export function requireInstalled(needed: readonly Needed[]): void {
  const missing = new Set(needed.filter((path) => !existsSync(path)).map((path) => packages[path]));
  if (missing.size > 0)
    throw new Error(`something is missing; run: apt-get install ${[...missing].join(' ')}`);
}

export interface ToolOptions {
  readonly home: string;
  readonly signal: AbortSignal;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end and returns what it printed. @throws an Error with the last line of its
 * stderr
 */
export async function runTool(
  argv: readonly [string, ...string[]],
  options: ToolOptions,
): Promise<string> {
  const [program, ...words] = argv;
  const { home, signal, environment } = options;
  const env = { ...plainEnvironment(home), ...environment };
  try {
    const settings = { env, cwd: home, signal, timeout: toolMsMax, killSignal: 'SIGKILL' as const };
    const { stdout, stderr } = await execute(program, words, settings);
    // `ssh -V` prints on stderr.
    return stdout === '' ? stderr : stdout;
  } catch (error) {
    if (signal.aborted) throw error;
    const { stderr, message } = error as Error & { stderr?: string };
    const reason = stderr?.trim().split('\n').at(-1) ?? '';
    throw new Error(`${program} ${words[0] ?? ''} failed: ${reason === '' ? message : reason}`, {
      cause: error,
    });
  }
}

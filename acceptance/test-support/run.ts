import { spawn } from 'node:child_process';

export { until } from '@hatchery/testkit';

/** How a program ended and what it printed. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * How to run a program. The environment is exactly this and a PATH: nothing of the machine's own
 * user leaks in.
 */
export interface RunOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Null leaves the standard input open, for {@link Running.say}. */
  readonly input?: string | null;
  readonly timeoutMs?: number;
}

/** No program of these tests may run longer, so that a hang becomes a named failure. */
const timeoutMsDefault = 120_000;

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A running program. `outcome` rejects when it takes too long, after it was killed. */
export interface Running {
  readonly pid: number;
  readonly outcome: Promise<Outcome>;
  /** What it has printed so far. */
  readonly stdout: () => string;
  kill(signal: NodeJS.Signals): void;
  readonly say: (text: string) => void;
  readonly endInput: () => void;
}

/** Starts a program in a process group of its own, so that it can be killed with all it started. */
export function start(file: string, argv: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(file, argv, {
    cwd: options.cwd,
    env: { PATH: path, LANG: 'C.UTF-8', ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid ?? -1;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended already.
    }
  };
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that ends without reading its input is not our error.
  child.stdin.on('error', () => undefined);
  if (options.input !== null) child.stdin.end(options.input ?? '');
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
  const late = setTimeout(() => {
    kill('SIGKILL');
    reject(
      new Error(`${file} ${argv.join(' ')} ran longer than ${timeoutMs} ms: ${stdout}${stderr}`),
    );
  }, timeoutMs);
  child.on('error', reject);
  child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  return {
    pid,
    kill,
    stdout: () => stdout,
    outcome: promise.finally(() => clearTimeout(late)),
    say: (text: string) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
  };
}

/** Runs a program to its end. */
export function run(
  file: string,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return start(file, argv, options).outcome;
}

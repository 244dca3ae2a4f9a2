import { spawn } from 'node:child_process';

/** A command to run, and how long it may take. */
export interface Command {
  readonly argv: readonly [program: string, ...rest: string[]];
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly timeoutS: number;
}

/**
 * How a command ended. `output` is stdout and stderr in the order written; of a very long one, only
 * its end.
 */
export interface Ending {
  readonly succeeded: boolean;
  /** As "exit 1", "SIGKILL" or "no end after 60 s". */
  readonly cause: string;
  readonly output: string;
}

/** The time between the request to end and the kill. */
const graceMs = 5_000;

/**
 * As much as a person may want to read of a failure; a test that prints in a loop must not fill the
 * memory.
 */
const outputCharactersMax = 4_000_000;

/**
 * Runs a command in a process group of its own, all of which is gone when this resolves. An abort
 * ends it early, or keeps it from starting.
 */
export async function runCommand(command: Command, signal?: AbortSignal): Promise<Ending> {
  if (signal?.aborted === true) return { succeeded: false, cause: 'not started', output: '' };
  const [program, ...rest] = command.argv;
  const child = spawn(program, rest, {
    cwd: command.directory,
    env: command.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const keep = (chunk: string): void => {
    output = (output + chunk).slice(-outputCharactersMax);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const timeout = AbortSignal.timeout(command.timeoutS * 1000);
  const stop = AbortSignal.any(signal === undefined ? [timeout] : [timeout, signal]);
  using _ladder = endGroupOn(stop, child.pid);
  const { code, by, error } = await ended(child);
  killGroup(child.pid, 'SIGKILL');
  const cause = timeout.aborted
    ? `no end after ${command.timeoutS} s`
    : (error?.message ?? by ?? `exit ${code}`);
  return { succeeded: code === 0 && !stop.aborted, cause, output };
}

interface Exit {
  readonly code: number | null;
  readonly by: NodeJS.Signals | null;
  readonly error?: Error;
}

/** Waits for the exit, then as long for the pipes as a killed group needs to release them. */
async function ended(child: ReturnType<typeof spawn>): Promise<Exit> {
  const exit = await new Promise<Exit>((resolve) => {
    child.once('exit', (code, by) => resolve({ code, by }));
    child.once('error', (error) => resolve({ code: null, by: null, error }));
  });
  if (exit.error !== undefined) return exit;
  killGroup(child.pid, 'SIGKILL');
  if (child.stdout?.closed === false || child.stderr?.closed === false) {
    await Promise.race([
      new Promise((resolve) => child.once('close', resolve)),
      new Promise((resolve) => setTimeout(resolve, 1000).unref()),
    ]);
  }
  return exit;
}

function endGroupOn(stop: AbortSignal, pid: number | undefined): Disposable {
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    killGroup(pid, 'SIGTERM');
    killing = setTimeout(() => killGroup(pid, 'SIGKILL'), graceMs);
  };
  stop.addEventListener('abort', end, { once: true });
  return {
    [Symbol.dispose]: () => {
      stop.removeEventListener('abort', end);
      clearTimeout(killing);
    },
  };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty.
  }
}

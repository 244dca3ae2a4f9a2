import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { SessionSettings } from '@hatchery/config';
import { checkoutDirectory } from '@hatchery/daemon';
import { LineSplitter } from '@hatchery/event-feed';
import type { ChildRusage } from '@hatchery/events';
import { allowedVariablesDefault, encodeRequest, forkRequest } from '@hatchery/protocol';
import { ForkerUnavailableError, ForkRefusedError } from './errors.ts';
import type { ForkedChild } from './fork-child.ts';
import { reportBytesMax, spawnMsMax } from './limits.ts';
import type { ChildPipes } from './pipes.ts';
import { readReport, type Report } from './report.ts';

/** What to run, as a fork service would run it. */
export interface SpawnOptions {
  /** From `sessionSettings(config)`: what confines the session, the same as for a forked one. */
  readonly settings: SessionSettings;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Gets tracebacks and crashes of the session, for the log of whoever spawned it. */
  readonly report: (text: string) => void;
}

/**
 * A session without a fork service. Its pipes are there at once; it has no directory, and no
 * service knows its id.
 */
export interface SpawnedChild extends Omit<ForkedChild, 'directory'> {
  /** As wait4(2) gave it; null when that was lost with the process that waited. Never rejects. */
  readonly rusage: Promise<ChildRusage | null>;
  /** Signals the session's process group. False when it has ended. */
  signal(signal: NodeJS.Signals): boolean;
}

const script = join(checkoutDirectory, 'apps/forker/zygote/plain.py');

/**
 * Runs one session in a Python of its own, for when there is no fork service (`ssh.fallback =
 * "spawn"`). Thirty times as slow to start as a forked one, and no service counts or shows it; all
 * else is the same code with the same confinement.
 *
 * `exited` rejects with ForkerUnavailableError only when the waiting process itself was killed.
 * @throws {ForkRefusedError} for a variable that no session may be given
 * @throws {UnencodableError} for what no request can carry
 * @throws {ForkerUnavailableError} when no session comes up
 */
export async function spawnChild(options: SpawnOptions): Promise<SpawnedChild> {
  const { settings, command, environment } = options;
  // Everything that a fork service would refuse is refused here.
  encodeRequest(forkRequest(command, environment));
  const foreign = Object.keys(environment).find((name) => !allowedVariablesDefault.includes(name));
  if (foreign !== undefined)
    throw new ForkRefusedError(`the environment variable '${foreign}' is not allowed`);
  const configuration = JSON.stringify({ ...settings, cgroup: null, command });
  const waiting = spawn(settings.python, ['-E', '-s', '-X', 'utf8', script, configuration], {
    // The way to a session's end is its input's end, or a signal that somebody sends on purpose.
    detached: true,
    cwd: '/',
    env: { ...settings.environment, ...environment },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const session = new Session(waiting, options.report);
  const late = setTimeout(() => waiting.kill('SIGKILL'), spawnMsMax);
  const pid = await session.started.finally(() => clearTimeout(late));
  return {
    id: `spawned-${pid}`,
    pid,
    exited: session.exited.then(({ status }) => status),
    rusage: session.exited.then(
      ({ rusage }) => rusage,
      () => null,
    ),
    openPipes: () => session.pipes,
    signal: (signal) => session.signal(pid, signal),
    [Symbol.dispose]: () => session[Symbol.dispose](),
  };
}

type Exited = Extract<Report, { event: 'exited' }>;

/** One spawned session, as its reports tell of it. */
class Session implements Disposable {
  readonly pipes: ChildPipes;
  readonly #started = Promise.withResolvers<number>();
  readonly #exited = Promise.withResolvers<Exited>();
  readonly #report: (text: string) => void;
  #hasEnded = false;

  constructor(waiting: ChildProcess, report: (text: string) => void) {
    this.#report = report;
    // Whoever is not told of the start never asks for the exit; that is no unhandled rejection.
    this.#exited.promise.catch(() => undefined);
    const [stdin, stdout, stderr, reports] = waiting.stdio;
    if (stdin === null || stdout === null || stderr === null)
      throw new TypeError('spawned without pipes');
    this.pipes = { stdin, stdout, stderr };
    const splitter = new LineSplitter(reportBytesMax);
    let cause = 'the process that waits for the session was killed';
    waiting.on('error', (error) => {
      cause = error.message;
      this.#fail(cause);
    });
    (reports as Readable | null)?.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk)) this.#take(line);
    });
    // After everything it had written.
    (reports as Readable | null)?.on('close', () => this.#fail(cause));
  }

  get started(): Promise<number> {
    return this.#started.promise;
  }

  get exited(): Promise<Exited> {
    return this.#exited.promise;
  }

  signal(pid: number, signal: NodeJS.Signals): boolean {
    if (this.#hasEnded) return false;
    // The session has a process group of its own, and its parent has not reaped it as far as we
    // know.
    return process.kill(-pid, constants.signals[signal]);
  }

  /** Its streams end, and the session with them. */
  [Symbol.dispose](): void {
    for (const stream of [this.pipes.stdin, this.pipes.stdout, this.pipes.stderr]) stream.destroy();
  }

  #take(line: string): void {
    const message = readReport(line);
    if (message === null) this.#report(line);
    else if (message.event === 'log') this.#report(message.text);
    else if (message.event === 'failed')
      this.#report(message.traceback || `${message.kind}: ${message.cause}`);
    else if (message.event === 'started') this.#started.resolve(message.pid);
    else {
      this.#hasEnded = true;
      this.#exited.resolve(message);
    }
  }

  #fail(cause: string): void {
    this.#hasEnded = true;
    const error = new ForkerUnavailableError(`a session without the fork service: ${cause}`);
    this.#started.reject(error);
    this.#exited.reject(error);
  }
}

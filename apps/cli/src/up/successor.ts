import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { withVersion } from '@hatchery/formats';
import { startMsMax, urgentRepeatMs } from '../limits.ts';
import { nodeFlags, readLogLine } from '@hatchery/daemon';
import type { Generation } from './generation.ts';
import type { Inheritance, ListeningSockets } from './listening-sockets.ts';
import { inChild } from './part-process.ts';
import { passOn } from './pass-on.ts';
import type { Ready, StartOutcome } from './ready.ts';
import type { RestartRequest } from './supervisor-socket.ts';
import { retireSignal } from './stop-request.ts';
import type { SupervisorLog } from './supervisor-log.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Where a successor comes up. */
export interface SuccessorSurroundings {
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly aborted: AbortSignal;
  readonly progress: (line: string) => void;
  /** Where it goes what it says. */
  readonly log: SupervisorLog;
}

/**
 * A supervisor of the newest code and configuration, with parts that take over from those that run.
 * It is a process of its own below this one, so that whoever waits for this one (a terminal,
 * systemd) notices nothing; it ends when we do.
 */
export class SuccessorProcess implements Generation {
  /**
   * Resolves when its parts serve in the place of those that ran. Rejects in one line when they do
   * not; then those go on.
   */
  readonly started: Promise<Ready>;
  readonly lost: Promise<string>;
  readonly #process: ChildProcess;
  readonly #ended: Promise<string>;
  #isStopping = false;

  /**
   * `sockets` are what its parts listen on; `aborted` ends it half way; `progress` hears what it is
   * at.
   */
  constructor(
    { place, actor, wanted }: RestartRequest,
    { all: sockets }: ListeningSockets,
    { environment, aborted, progress, log }: SuccessorSurroundings,
  ) {
    const inheritance: Inheritance = { sockets: inChild(sockets), wanted };
    const argv = [...nodeFlags, program, 'up', ...place, `--succeed=${actor}`, '--ready-fd', '3'];
    argv.push(`--inherit=${JSON.stringify(withVersion('inheritance', inheritance))}`);
    this.#process = spawn(process.execPath, argv, {
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe', 'pipe', ...sockets.map(({ fd }) => fd)],
      cwd: '/',
      env: environment,
    });
    this.#ended = new Promise<string>((resolve) => {
      this.#process.on('error', (error) => resolve(error.message));
      this.#process.on('exit', (code, signal) =>
        resolve(signal === null ? `exit ${code}` : signal),
      );
    });
    // It may have ended; the write side is only there to be closed with us.
    (this.#process.stdio[0] as Writable).on('error', () => undefined);
    this.lost = this.#ended;
    this.started = this.#start(aborted, progress, log);
  }

  async stop(urgent: AbortSignal): Promise<void> {
    this.#ask();
    await this.ended(urgent);
  }

  async retire(urgent: AbortSignal): Promise<void> {
    this.#process.kill(retireSignal);
    await this.ended(urgent);
  }

  /** Resolves when it has ended by itself, or at once when that becomes urgent. */
  async ended(urgent: AbortSignal): Promise<void> {
    const hurrying = setInterval(() => {
      if (urgent.aborted) this.#process.kill('SIGTERM');
    }, urgentRepeatMs);
    await this.#ended.finally(() => clearInterval(hurrying));
  }

  async #start(
    aborted: AbortSignal,
    progress: (line: string) => void,
    log: SupervisorLog,
  ): Promise<Ready> {
    // The last line explains an end before its first word, as that of a bad configuration.
    const lastWords = passOn('supervisor', this.#process.stderr, log, 1);
    const abort = (): void => this.#ask();
    aborted.addEventListener('abort', abort);
    const late = setTimeout(abort, startMsMax);
    try {
      const outcome = await hear(this.#process.stdio[3] as Readable, progress);
      if (outcome?.event === 'ready') return outcome;
      const last = lastWords()[0];
      const words = last === undefined ? null : (readLogLine(last)?.msg ?? last);
      throw new Error(
        outcome?.message ?? words ?? `it ended with ${await this.#ended} before it was ready`,
      );
    } finally {
      clearTimeout(late);
      aborted.removeEventListener('abort', abort);
    }
  }

  /** Once: the second time would be urgent. */
  #ask(): void {
    if (!this.#isStopping) this.#process.kill('SIGTERM');
    this.#isStopping = true;
  }
}

/** Reads what it says until it is ready or never will be; null when it ended without a word. */
async function hear(
  stream: Readable,
  progress: (line: string) => void,
): Promise<StartOutcome | null> {
  for await (const line of createInterface({ input: stream })) {
    const said = JSON.parse(line) as
      StartOutcome | { readonly event: 'progress'; readonly message: string };
    if (said.event !== 'progress') return said;
    progress(said.message);
  }
  return null;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { within } from './deadline.ts';
import { killWhatMentions } from './process-hygiene.ts';

const forkerMain = fileURLToPath(new URL('../../../apps/forker/src/main.ts', import.meta.url));

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Options for starting a forker. */
export interface ForkerOptions {
  /** The text of a `hatchery.toml`. */
  readonly config?: string;
  readonly options?: readonly string[];
}

/** A real forker as a child process of the test. */
export class ForkerProcess implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ended = Promise.withResolvers<ProcessEnd>();
  readonly #listening = Promise.withResolvers<string>();
  readonly stateDirectory: string;
  /** Everything it wrote on stderr so far. */
  stderr = '';
  /** Path of the fork protocol's socket, once it listens. */
  socket = '';

  private constructor(stateDirectory: string, { config, options = [] }: ForkerOptions) {
    this.stateDirectory = stateDirectory;
    const file = join(stateDirectory, 'hatchery.toml');
    writeFileSync(file, config ?? '');
    const words = [forkerMain, '--state-dir', stateDirectory, '--config', file, ...options];
    this.#process = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
      const socket = /^Listening on socket: (.*)$/m.exec(this.stderr)?.[1];
      if (socket !== undefined) this.#listening.resolve(socket);
    });
    this.#process.on('exit', (code, signal) => this.#ended.resolve({ code, signal }));
  }

  /** Starts a forker and returns at once. */
  static spawn(stateDirectory: string, options: ForkerOptions = {}): ForkerProcess {
    return new ForkerProcess(stateDirectory, options);
  }

  /** Starts a forker and waits until it listens. @throws with its stderr when it ends instead */
  static async start(stateDirectory: string, options: ForkerOptions = {}): Promise<ForkerProcess> {
    const forker = new ForkerProcess(stateDirectory, options);
    const failed = forker.#ended.promise.then(({ code, signal }) => {
      throw new Error(`the forker ended with ${signal ?? `exit ${code}`}: ${forker.stderr}`);
    });
    forker.socket = await within(
      'a forker that listens',
      Promise.race([forker.#listening.promise, failed]),
    );
    return forker;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** HTTP on a Unix socket: state, events, actions. */
  get controlSocket(): string {
    return join(this.stateDirectory, 'run', 'control.sock');
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async ended(): Promise<ProcessEnd> {
    return within('the end of the forker', this.#ended.promise);
  }

  /** Stops it at once with all its children, and returns its end. */
  async stop(): Promise<ProcessEnd> {
    this.kill('SIGTERM');
    // Pending signals of one kind merge into one, so the second is repeated until it has been
    // handled. The control socket goes last: once it is gone the process is only finishing, and no
    // longer handles signals properly.
    const again = setInterval(() => {
      if (existsSync(this.controlSocket)) this.kill('SIGTERM');
    }, 50);
    return this.ended().finally(() => clearInterval(again));
  }

  /**
   * Ends it in any state and kills what it left behind, so that a failed test leaves nothing for
   * the next.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#process.exitCode === null && this.#process.signalCode === null) await this.stop();
    } finally {
      this.kill('SIGKILL');
      this.#process.stderr?.destroy();
      killWhatMentions(this.stateDirectory);
    }
  }
}

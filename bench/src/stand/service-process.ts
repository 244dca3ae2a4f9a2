import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { killAfterMs, stopUrgentlyAfterMs } from '../limits.ts';

export interface ServiceOptions {
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** The file for its stderr: reading a pipe would take time from the samples. */
  readonly logFile: string;
}

/** A server of one run. Disposing it stops it by escalation: asked, asked again, killed. */
export class ServiceProcess implements AsyncDisposable {
  /** How it ended, in words. Never rejects. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #logFile: string;
  #hasEnded = false;

  constructor({ argv, environment, logFile }: ServiceOptions) {
    const [program, ...words] = argv;
    const log = openSync(logFile, 'a');
    // A session of its own: the terminal's Ctrl-C is for us, and we end our services in order.
    const options = { env: environment, detached: true, stdio: ['ignore', 'pipe', log] as const };
    this.#child = spawn(program, words, { ...options, stdio: [...options.stdio] });
    closeSync(log);
    this.#logFile = logFile;
    this.ended = new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('exit', (code, by) => resolve(by ?? `exit ${code}`));
    }).finally(() => (this.#hasEnded = true));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get stdout(): Readable {
    return this.#child.stdout as Readable;
  }

  /** The last line of its stderr. */
  get lastWords(): string {
    const lines = readFileSync(this.#logFile, 'utf8').split('\n');
    return lines.findLast((line) => line.trim() !== '')?.trim() ?? 'nothing on stderr';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    const steps = [
      setTimeout(() => this.#child.kill('SIGTERM'), stopUrgentlyAfterMs),
      setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs),
    ];
    this.#child.kill('SIGTERM');
    await this.ended;
    for (const step of steps) clearTimeout(step);
  }
}

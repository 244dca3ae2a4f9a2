import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { until, within } from '@hatchery/testkit';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The script `hatchery` of the checkout, which runs `lock` by itself. */
export const hatcheryScript = fileURLToPath(new URL('../../../hatchery', import.meta.url));

/** How a command ended: its code, or 128 plus the signal's number, as in a shell. */
export interface CommandEnd {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `hatchery` with its own state directory. */
export class RunningCommand implements Disposable {
  readonly #process: ChildProcess;
  readonly #ended = Promise.withResolvers<number>();
  stdout = '';
  stderr = '';

  constructor(
    file: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.#process = spawn(file, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment },
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#process.on('exit', (code, signal) => {
      this.#ended.resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]);
    });
  }

  static hatchery(
    stateDirectory: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): RunningCommand {
    const [name = '', ...rest] = words;
    if (name === 'lock') return RunningCommand.lock(stateDirectory, rest, environment);
    return new RunningCommand(
      process.execPath,
      [main, name, '--state-dir', stateDirectory, ...rest],
      environment,
    );
  }

  static lock(
    stateDirectory: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): RunningCommand {
    return new RunningCommand(
      hatcheryScript,
      ['lock', '--state-dir', stateDirectory, ...words],
      environment,
    );
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return until(`${String(pattern)} on stdout (stderr: ${this.stderr})`, () =>
      pattern.exec(this.stdout),
    );
  }

  async ended(): Promise<CommandEnd> {
    const status = await within('the end of the command', this.#ended.promise);
    // Output from just before the end may still be under way.
    if (!this.#process.stdout?.readableEnded)
      await Promise.race([once(this.#process, 'close'), pause()]);
    return { status, stdout: this.stdout, stderr: this.stderr };
  }

  [Symbol.dispose](): void {
    this.kill('SIGKILL');
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
  }
}

/** Shell text for `hatchery lock` on a state directory, for use in the commands under test. */
export function lockWord(stateDirectory: string, name: string): string {
  return `'${hatcheryScript}' lock --state-dir '${stateDirectory}' ${name}`;
}

/** Shell text for `hatchery locks` on a state directory. */
export function locksWord(stateDirectory: string): string {
  return `'${process.execPath}' '${main}' locks --state-dir '${stateDirectory}'`;
}

function once(process: ChildProcess, event: string): Promise<void> {
  return new Promise((resolve) => process.once(event, () => resolve()));
}

/** A process left behind may hold the output open; do not wait for its output. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}

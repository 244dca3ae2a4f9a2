import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { within } from '@hatchery/testkit';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/**
 * The gateway as operators run it: in its own process, which reports readiness through a
 * descriptor.
 */
export class GatewayProcess {
  readonly #process: ChildProcess;
  stderr = '';

  /**
   * `options` are additional arguments; `wrapper` is a program that runs it, with its arguments.
   */
  constructor(
    stateDirectory: string,
    options: readonly string[] = [],
    wrapper: readonly string[] = [],
  ) {
    const [program = '', ...words] = [
      ...wrapper,
      process.execPath,
      main,
      '--state-dir',
      stateDirectory,
      '--config',
      join(stateDirectory, 'hatchery.toml'),
      '--ready-fd',
      '3',
      ...options,
    ];
    this.#process = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  async port(): Promise<number> {
    const ready = Promise.withResolvers<number>();
    const said = this.#process.stdio[3] as Readable;
    let line = '';
    said.on('data', (chunk: Buffer) => (line += chunk.toString()));
    said.once('end', () => {
      if (line === '') ready.reject(new Error(this.stderr));
      else
        ready.resolve(
          (JSON.parse(line) as { details: { ssh: { port: number } } }).details.ssh.port,
        );
    });
    return within('the gateway to be ready', ready.promise);
  }

  /** The log lines with this message. */
  readonly lines = (message: string): object[] => {
    const logged = this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'));
    return logged
      .map((line) => JSON.parse(line) as { msg: string })
      .filter(({ msg }) => msg === message);
  };

  kill(signal: NodeJS.Signals): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#process.once('exit', resolve));
    this.#process.kill(signal);
    return within('the gateway to end', ended);
  }
}

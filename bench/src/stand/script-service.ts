import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { encodeAnswer, exitStatusOf, signalStatusOf } from '@hatchery/protocol';

/**
 * A fork service whose children each run one shell script. For figures of the gateway alone: a
 * smart server would need a conversation before it moves bytes, which would then dominate the
 * measurement.
 */
export class ScriptService implements AsyncDisposable {
  readonly socket: string;
  /** What the next children run. */
  script = 'cat';
  readonly #directory: string;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #children = 0;

  /** Resolves when it accepts requests. `directory` must exist. */
  static async start(directory: string): Promise<ScriptService> {
    const service = new ScriptService(directory);
    await new Promise<void>((resolve, reject) => {
      service.#server.once('error', reject).listen(service.socket, resolve);
    });
    return service;
  }

  private constructor(directory: string) {
    this.#directory = directory;
    this.socket = join(directory, 'fork.sock');
    this.#server = createServer((connection) => this.#serve(connection));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its children end by themselves: the gateway has gone by then, and with it the other ends of
    // their pipes.
    for (const connection of this.#connections) connection.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(connection: Socket): void {
    this.#connections.add(connection);
    connection.on('error', () => undefined).on('close', () => this.#connections.delete(connection));
    let request = '';
    connection.on('data', (bytes: Buffer) => {
      request += bytes.toString();
      if (request.endsWith('\nend\n')) this.#fork(connection);
    });
  }

  #fork(connection: Socket): void {
    this.#children += 1;
    const directory = join(this.#directory, `lp-forking-service-child-b${this.#children}`);
    mkdirSync(directory, { mode: 0o700 });
    execFileSync(
      '/usr/bin/mkfifo',
      ['stdin', 'stdout', 'stderr'].map((name) => join(directory, name)),
    );
    const open = 'exec <"$0/stdin" >"$0/stdout" 2>"$0/stderr"; rm -r "$0"; ';
    const child = spawn('/bin/sh', ['-c', open + this.script, directory], { stdio: 'ignore' });
    connection.write(encodeAnswer({ kind: 'forked', pid: child.pid ?? 0, directory }));
    child.on('exit', (code, signal) => {
      const status = signal === null ? exitStatusOf(code ?? 0) : (signalStatusOf(signal) ?? 0);
      if (!connection.destroyed) connection.end(encodeAnswer({ kind: 'exited', status }));
    });
  }
}

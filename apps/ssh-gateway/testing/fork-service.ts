import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { EventLog, serveFeed } from '@hatchery/event-feed';
import { encodeAnswer, exitStatusOf, signalStatusOf } from '@hatchery/protocol';

/** A child of the small fork service. */
export interface ServedChild {
  readonly process: ChildProcess;
  /** The raw wait status. */
  readonly exited: Promise<number>;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: string;
}

/**
 * A minimal fork service for the gateway's tests: the real protocol on a real socket, real FIFOs,
 * and as each child a shell script chosen by the test. Each child opens the pipes as the protocol
 * says, and removes them once all three are connected.
 */
export class SmallForkService implements AsyncDisposable {
  readonly socket: string;
  readonly signals: {
    readonly id: string;
    readonly signal: string;
    readonly actor: string;
    readonly reason: string;
  }[] = [];
  readonly children = new Map<string, ServedChild>();
  /** The script that the next children run; `null` answers a FAILURE with `refusal`. */
  script: string | null = 'cat';
  /** Shell commands that the next children run before they open their pipes. */
  beforeOpening = '';
  refusal = 'hatchery is full; try again later';
  /** Called between the fork and its answer. */
  beforeAnswer: (child: ServedChild) => Promise<void> = async () => {};
  /** The text for the user of a killed child. */
  lineAfter: string | null = null;
  /** Its feed. */
  readonly events = new EventLog({ epoch: 'test', version: '0', now: () => new Date() });
  #isSilent = false;
  readonly #directory: string;
  readonly #control: HttpServer;
  readonly #connections = new Set<Socket>();
  #server: Server | null = null;
  #nextChild = 1;

  constructor(directory: string) {
    this.#directory = directory;
    this.socket = join(directory, 'fork.sock');
    this.#control = createHttpServer((request, response) => {
      if (request.url?.startsWith('/v1/events') === true) {
        if (!this.#isSilent) serveFeed(this.events, request, response);
        return;
      }
      const ended = /^\/v1\/children\/([^/]+)\/ending$/.exec(request.url ?? '')?.[1];
      if (ended !== undefined) {
        response.writeHead(200).end(JSON.stringify({ cause: 'of the test', line: this.lineAfter }));
        return;
      }
      const id = /^\/v1\/children\/([^/]+)\/signal$/.exec(request.url ?? '')?.[1] ?? '';
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { signal, actor, reason } = JSON.parse(body) as {
          signal: string;
          actor: string;
          reason: string;
        };
        this.signals.push({ id, signal, actor, reason });
        const killed = this.children.get(id)?.process.kill(signal as NodeJS.Signals) ?? false;
        response.writeHead(killed ? 202 : 404).end('{"actionId":"1"}');
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#control.listen(join(this.#directory, 'control.sock'), resolve),
    );
    await this.startForking();
  }

  /** An operator drains it. `deadline` is RFC 3339. */
  drain(drain: { readonly deadline?: string; readonly reason?: string } = {}): void {
    this.events.publish({ kind: 'forker.draining', draining: true, actor: 'ops', ...drain });
  }

  undrain(): void {
    this.events.publish({ kind: 'forker.draining', draining: false, actor: 'ops' });
  }

  /** Whether it takes connections on its feed and gives no answer. */
  beSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
    this.#control.closeAllConnections();
  }

  async startForking(): Promise<void> {
    const server = createServer((connection) => this.#serve(connection));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.socket, resolve));
  }

  /**
   * Acts as if the service had been killed: the socket is gone, its connections break, the children
   * continue.
   */
  async stopForking(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  get livingChildren(): number {
    return [...this.children.values()].filter(
      ({ process: child }) => child.exitCode === null && child.signalCode === null,
    ).length;
  }

  get leftDirectories(): string[] {
    return [...this.children.values()]
      .map(({ directory }) => directory)
      .filter((directory) => existsSync(directory));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process: child } of this.children.values()) child.kill('SIGKILL');
    await this.stopForking();
    this.#control.closeAllConnections();
    await new Promise<void>((resolve) => this.#control.close(() => resolve()));
  }

  #serve(connection: Socket): void {
    this.#connections.add(connection);
    connection.on('error', () => {}).on('close', () => this.#connections.delete(connection));
    let text = '';
    let answered = false;
    connection.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (text === 'hello\n') return void connection.end(encodeAnswer({ kind: 'alive' }));
      const complete = text.startsWith('attach ') ? text.endsWith('\n') : text.endsWith('\nend\n');
      if (answered || !complete) return;
      answered = true;
      if (text.startsWith('attach ')) this.#attach(connection, text.slice('attach '.length, -1));
      else void this.#answer(connection, text.split('\n'));
    });
  }

  async #answer(connection: Socket, [request = '', ...lines]: string[]): Promise<void> {
    if (this.script === null) {
      connection.end(encodeAnswer({ kind: 'failure', reason: this.refusal }));
      return;
    }
    const environment = Object.fromEntries(
      lines
        .filter((line) => line.includes(': '))
        .map((line) => line.split(': ', 2) as [string, string]),
    );
    const child = this.#fork(this.script, environment, request.replace(/^fork-env /, ''));
    await this.beforeAnswer(child);
    answerFork(connection, child);
    void child.exited.then((status) => answerExit(connection, status));
  }

  #attach(connection: Socket, id: string): void {
    const child = this.children.get(id);
    if (child === undefined) {
      connection.end(encodeAnswer({ kind: 'failure', reason: `no such child: ${id}` }));
      return;
    }
    answerFork(connection, child);
    void child.exited.then((status) => answerExit(connection, status));
  }

  #fork(
    script: string,
    environment: Readonly<Record<string, string>>,
    command: string,
  ): ServedChild {
    const id = `t${this.#nextChild++}`;
    const directory = join(this.#directory, `lp-forking-service-child-${id}`);
    mkdirSync(directory, { mode: 0o700 });
    execFileSync(
      'mkfifo',
      ['stdin', 'stdout', 'stderr'].map((name) => join(directory, name)),
    );
    const opening =
      'exec <"$PIPES/stdin"; exec >"$PIPES/stdout"; exec 2>"$PIPES/stderr"; rm -rf "$PIPES"; ';
    const env = { PATH: process.env['PATH'] ?? '', PIPES: directory, ...environment };
    const spawned = spawn('/bin/sh', ['-c', `${this.beforeOpening}\n${opening}${script}`], {
      stdio: 'ignore',
      env,
      detached: true,
    });
    const exited = new Promise<number>((resolve) => {
      spawned.on('exit', (code, signal) => {
        rmSync(directory, { recursive: true, force: true });
        resolve(signal === null ? exitStatusOf(code ?? 0) : (signalStatusOf(signal) ?? 0));
      });
    });
    const child = { process: spawned, exited, directory, environment, command };
    this.children.set(id, child);
    return child;
  }
}

function answerFork(connection: Socket, { process: { pid = 0 }, directory }: ServedChild): void {
  if (!connection.destroyed) connection.write(encodeAnswer({ kind: 'forked', pid, directory }));
}

function answerExit(connection: Socket, status: number): void {
  if (!connection.destroyed) connection.end(encodeAnswer({ kind: 'exited', status }));
}

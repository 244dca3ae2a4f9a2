import { rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Config } from '@hatchery/config';
import {
  controlGuard,
  createGuardedServer,
  makeRuntimeDirectory,
  modes,
  type LogHealth,
} from '@hatchery/daemon';
import { readControlBody } from '@hatchery/event-feed';
import type { LogFormat } from './supervisor-log.ts';
import { isWantedSockets, type WantedSocket } from './wanted-sockets.ts';

/** What `POST /v1/restart` takes. */
export interface RestartRequest {
  /** `--config` and `--state-dir` of the parts to come. */
  readonly place: readonly string[];
  /** Who asks, for the audit. */
  readonly actor: string;
  /** The listening sockets that the configuration to come asks for, as the newest code reads it. */
  readonly wanted: readonly WantedSocket[];
  /** `[log] format` of the configuration to come. */
  readonly logFormat: LogFormat;
}

/** What `POST /v1/restart` answers, a line each: what it is at, and at the end what came of it. */
export type RestartReport =
  | { readonly event: 'progress'; readonly message: string }
  | { readonly event: 'done'; readonly message: string }
  | { readonly event: 'failed'; readonly message: string };

/** What `GET /v1/state` answers. */
export interface SupervisorState {
  readonly log: LogHealth;
}

/**
 * Replaces the parts by newer ones; what came of it in words. @throws an Error in one line; then
 * the old ones go on
 */
export type Restart = (asked: RestartRequest, progress: (line: string) => void) => Promise<string>;

/** Where the supervisor of an instance is asked for a restart. */
export function supervisorSocketPath({ runtimeDirectory }: Config): string {
  return join(runtimeDirectory, 'supervisor.sock');
}

/** What a supervisor does for commands. */
export interface Supervisor {
  readonly restart: Restart;
  readonly state: () => SupervisorState;
  /** Begins the end unless it has begun; `actor` asks for it. */
  readonly stop: (actor: string) => void;
}

/** Takes requests until disposed. @throws an Error in one line that says what to do */
export async function openSupervisorSocket(
  config: Config,
  supervisor: Supervisor,
): Promise<Disposable> {
  const path = supervisorSocketPath(config);
  try {
    makeRuntimeDirectory(config);
    return await open(path, supervisor);
  } catch (error) {
    const mend =
      'move away what is in its place, or see to the rights on its directory (runtime_dir)';
    throw new Error(`cannot listen on ${path}: ${(error as Error).message}; ${mend}`, {
      cause: error,
    });
  }
}

/** Mode 0600: whoever reaches it can have any configuration served. */
async function open(path: string, supervisor: Supervisor): Promise<Disposable> {
  // Whoever made it is dead: there is one supervisor of a state directory.
  rmSync(path, { force: true });
  const server = createGuardedServer(
    controlGuard,
    (request, response) => void answer(supervisor, request, response),
  );
  const umask = process.umask(0o777 & ~modes.secretFile);
  try {
    await listen(server, path);
  } finally {
    process.umask(umask);
  }
  return {
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(
  supervisor: Supervisor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET' && request.url === '/v1/state') {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(supervisor.state()));
    return;
  }
  const body = await readControlBody(request);
  const { place, actor, wanted, logFormat } = body ?? {};
  if (request.method === 'POST' && request.url === '/v1/stop' && isName(actor)) {
    supervisor.stop(actor);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
    return;
  }
  if (
    request.method !== 'POST' ||
    request.url !== '/v1/restart' ||
    !isWords(place) ||
    !isName(actor) ||
    !isWantedSockets(wanted) ||
    !(logFormat === 'json' || logFormat === 'text')
  ) {
    response.writeHead(400).end();
    return;
  }
  // A client that has gone does not keep the restart from its end.
  response.on('error', () => undefined);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const report = (one: RestartReport): void => void response.write(`${JSON.stringify(one)}\n`);
  try {
    const progress = (message: string): void => report({ event: 'progress', message });
    report({
      event: 'done',
      message: await supervisor.restart({ place, actor, wanted, logFormat }, progress),
    });
  } catch (error) {
    report({ event: 'failed', message: (error as Error).message });
  }
  response.end();
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

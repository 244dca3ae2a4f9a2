import { createServer } from 'node:http';
import { controlSocketPath, type Config } from '@hatchery/config';
import { predecessorSocketPath, UnixName, version } from '@hatchery/daemon';

/** What a forker that has been replaced says of itself. */
export interface OldState {
  /** When it handed over. */
  readonly drainingSince: Date;
  /** Clients that wait here for an exit. It ends with the last of them. */
  readonly clients: number;
}

/**
 * A control socket for whoever wants to know why this process is still there: `GET /v1/state`
 * alone. Everything else is the successor's to answer, under the name that it has taken. Dispose it
 * to close it.
 * @throws {StartError} when nothing can listen there
 */
export async function openOldControl(config: Config, state: () => OldState): Promise<Disposable> {
  const server = createServer((request, response) => {
    const isAsked = request.method === 'GET' && request.url === '/v1/state';
    const body = isAsked
      ? { version, state: 'stopping', drainDeadline: null, ...state() }
      : { error: 'this fork service has a successor; ask that one' };
    response.writeHead(isAsked ? 200 : 410, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    response.end(`${JSON.stringify(body)}\n`);
  });
  const path = predecessorSocketPath(controlSocketPath(config), process.pid);
  const name = await UnixName.open(server, path, { mode: config.forker.socketMode });
  return {
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      name[Symbol.dispose]();
    },
  };
}

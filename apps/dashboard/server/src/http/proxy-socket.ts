import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { StartError } from '@hatchery/daemon';
import { connectionsMax, headersTimeoutMs, requestTimeoutMs } from '../limits.ts';

/** A Unix socket for a proxy on this machine, and what came over it. */
export interface ProxySocket {
  readonly server: Server;
  has(socket: Socket): boolean;
}

/**
 * Listens at `path` with mode 0660: the group of the dashboard is whom it believes.
 * @throws {StartError} when the socket cannot be had
 */
export async function listenForProxy(path: string): Promise<ProxySocket> {
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs });
  server.maxConnections = connectionsMax;
  const sockets = new WeakSet<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  try {
    // A socket that nobody listens on is of a dashboard that died.
    if (await isLeftBehind(path)) rmSync(path);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o660);
  } catch (error) {
    const message = `cannot listen on proxy_socket under [dashboard], ${path}: ${(error as Error).message}`;
    throw new StartError(message, { cause: error });
  }
  return { server, has: (socket) => sockets.has(socket) };
}

function isLeftBehind(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}

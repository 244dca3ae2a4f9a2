import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import {
  createGuardedServer,
  listenOnUnix,
  processStartTime,
  UnixName,
  type PartRecord,
  type UnixNameOptions,
} from '@hatchery/daemon';
import { connectionsMax } from '../limits.ts';
import { pageGuard } from './listener.ts';

/** A Unix socket for a proxy on this machine, and what came over it. */
export interface ProxySocket {
  readonly server: Server;
  has(socket: Socket): boolean;
  /** Takes the name away, unless a successor has it by now. The server is the caller's to close. */
  release(): void;
}

/**
 * Listens at `path` with mode 0660: the group of the dashboard is whom it believes. The name is
 * taken from `before` when that is a predecessor that has it: nobody is refused when that goes.
 * @throws {StartError} when the socket cannot be had
 */
export async function listenForProxy(
  path: string,
  before: PartRecord | null = null,
): Promise<ProxySocket> {
  const { server, has } = createProxyServer();
  const name = await nameFor(server, path, before);
  return { server, has, release: () => name.release() };
}

/**
 * Listens on a socket that was opened for us; its name and mode are its owner's. @throws
 * {StartError} when it is of no use
 */
export async function takeProxySocket(fd: number): Promise<ProxySocket> {
  const { server, has } = createProxyServer();
  await listenOnUnix(server, fd, 'proxy');
  return { server, has, release: () => undefined };
}

function createProxyServer(): Pick<ProxySocket, 'server' | 'has'> {
  // Behind one proxy all callers are one peer.
  const server = createGuardedServer({ ...pageGuard, perPeerMax: connectionsMax });
  const sockets = new WeakSet<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  return { server, has: (socket) => sockets.has(socket) };
}

async function nameFor(server: Server, path: string, before: PartRecord | null): Promise<UnixName> {
  const called = `proxy_socket under [dashboard], ${path}`;
  const taken = `cannot listen on ${called}: a running service answers there; stop it, or configure another socket`;
  const options: UnixNameOptions = { mode: 0o660, called, taken };
  // Another program's socket is not ours to take, whoever of us runs.
  if (before === null || before.details['proxySocket'] !== path)
    return UnixName.open(server, path, options);
  const name = await UnixName.listen(server, path, options);
  name.take({ pid: before.pid, lives: () => processStartTime(before.pid) === before.startTime });
  return name;
}

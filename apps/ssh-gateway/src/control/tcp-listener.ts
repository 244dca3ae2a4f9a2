import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '@hatchery/config';
import { listenOnPort, openPort, portError } from '@hatchery/daemon';

/** An open port; dispose it to close. */
export interface TcpListener extends Disposable {
  readonly address: Address;
}

/**
 * Opens the port of health and metrics; `shared` lets a predecessor have it too. @throws
 * {StartError} with what to do
 */
export async function openStatusPort(
  server: Server,
  { host, port }: Address,
  shared: boolean,
): Promise<TcpListener> {
  try {
    await openPort(server, { host, port }, shared);
  } catch (error) {
    throw portError(error, { host, port }, 'ssh.status_listen');
  }
  return disposable(server, { host, port: (server.address() as AddressInfo).port });
}

/** The same on a socket that was passed to us. @throws {StartError} */
export async function takeStatusPort(server: Server, fd: number): Promise<TcpListener> {
  const { address: host, port } = await listenOnPort(server, fd, 'status');
  return disposable(server, { host, port });
}

function disposable(server: Server, address: Address): TcpListener {
  return {
    address,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

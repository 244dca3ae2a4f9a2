import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { openPort } from '../open-port.ts';

/** An open port; dispose it to close. */
export interface TcpListener extends Disposable {
  readonly address: Address;
}

/** Opens the port of health and metrics; `shared` lets a predecessor have it too. @throws {StartError} with what to do */
export async function listenTcp(server: Server, { host, port }: Address, shared: boolean): Promise<TcpListener> {
  try {
    await openPort(server, { host, port }, shared);
  } catch (error) {
    const what = `cannot listen on ${host}:${port} for ssh.status_listen: ${(error as Error).message}`;
    throw new StartError(`${what}; set it to another address in hatchery.toml`, { cause: error });
  }
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';

/** An open port; dispose it to close. */
export interface TcpListener extends Disposable {
  readonly address: Address;
}

/** Opens the port of health and metrics; `shared` lets a predecessor have it too. @throws {StartError} with what to do */
export async function listenTcp(server: Server, { host, port }: Address, shared: boolean): Promise<TcpListener> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // Both of an overlapping pair need it (socket(7), SO_REUSEPORT), but somebody else's port must not be joined by accident.
  server.listen({ host, port, reusePort: shared }, resolve);
  try {
    await promise;
  } catch (error) {
    const what = `cannot listen on ${host}:${port} for ssh.status_listen: ${(error as Error).message}`;
    throw new StartError(`${what}; set it to another address in hatchery.toml`, { cause: error });
  }
  server.off('error', reject);
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

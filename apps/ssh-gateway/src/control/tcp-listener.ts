import type { Server } from 'node:http';
import { createServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import type { Address } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';

/** An open port; dispose it to close. */
export interface TcpListener extends Disposable {
  readonly address: Address;
}

/** Opens the port of health and metrics; `shared` lets a predecessor have it too. @throws {StartError} with what to do */
export async function listenTcp(server: Server, { host, port }: Address, shared: boolean): Promise<TcpListener> {
  try {
    // Without SO_REUSEPORT on this one, the kernel refuses it next to any other: somebody else's port must not be joined by accident.
    if (!shared && port !== 0) await close(await listen(createServer(), { host, port }, false));
    // A successor can only join a port that was opened with it (socket(7), SO_REUSEPORT).
    await listen(server, { host, port }, true);
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

async function listen<S extends TcpServer>(server: S, { host, port }: Address, reusePort: boolean): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port, reusePort }, resolve);
  await promise;
  server.off('error', reject);
  return server;
}

function close(server: TcpServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

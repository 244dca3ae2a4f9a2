import { createServer, type Server } from 'node:net';
import type { Address } from '@hatchery/config';

/**
 * Opens a port for `server`. Several instances may have it open at once, so that a new one is there before the old one
 * goes; unless `shared`, that is refused when somebody has it already.
 * @throws the system error of listen(2), as EADDRINUSE
 */
export async function openPort(server: Server, address: Address, shared: boolean): Promise<void> {
  // Without SO_REUSEPORT on this one, the kernel refuses it next to any other, whatever options that has (socket(7)).
  if (!shared && address.port !== 0) await close(await listen(createServer(), address, false));
  // A successor can only join a port that was opened with it.
  await listen(server, address, true);
}

async function listen(server: Server, { host, port }: Address, reusePort: boolean): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port, reusePort }, resolve);
  await promise;
  server.off('error', reject);
  return server;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

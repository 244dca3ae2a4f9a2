import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import type { Address } from '@hatchery/config';
import { StartError, type PartRecord } from '@hatchery/daemon';
import { connectionsMax, headersTimeoutMs, requestTimeoutMs } from '../limits.ts';
import { urlHost } from '../sign-in/host-names.ts';

/** A server that listens, with its real port. Handlers are attached by the caller in the same turn. */
export interface Listener {
  readonly server: Server;
  readonly address: Address;
}

/**
 * Listens on the address, beside `before` when that is a predecessor that still serves there: nobody is refused when it goes.
 * @throws {StartError} when the address cannot be had
 */
export async function listen({ host, port: wanted }: Address, before: PartRecord | null = null): Promise<Listener> {
  // Where the system chooses the port, a successor keeps the one that browsers know by now.
  const address = { host, port: wanted === 0 && before !== null ? portOf(before) : wanted };
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs });
  server.maxConnections = connectionsMax;
  try {
    // Without SO_REUSEPORT on this one, the kernel refuses it next to any other (socket(7)): only a predecessor's port is joined.
    if (before === null && address.port !== 0) {
      const probe = createTcpServer();
      await open(probe, address, false);
      await new Promise((resolve) => probe.close(resolve));
    }
    await open(server, address, true);
  } catch (error) {
    throw new StartError(listenFailure(address, error as NodeJS.ErrnoException), { cause: error });
  }
  const { port } = server.address() as AddressInfo;
  return { server, address: { host: address.host, port } };
}

/** Takes no new connection and resolves when the last one is closed. */
export function closeListener({ server }: Pick<Listener, 'server'>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function open(server: TcpServer, { host, port }: Address, reusePort: boolean): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, reusePort }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf({ details }: PartRecord): number {
  return (details['listen'] as Address).port;
}

function listenFailure({ host, port }: Address, { code, message }: NodeJS.ErrnoException): string {
  const place = `${urlHost(host)}:${port}`;
  if (code === 'EADDRINUSE')
    return `${place} is taken by another program; stop that one, or change listen under [dashboard] in hatchery.toml`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${place} is no address of this machine; change listen under [dashboard] in hatchery.toml`;
  if (code === 'EACCES') return `port ${port} is reserved for root; change listen under [dashboard] in hatchery.toml`;
  return `cannot listen on ${place}: ${message}`;
}

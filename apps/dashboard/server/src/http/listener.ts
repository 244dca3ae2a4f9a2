import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { connectionsMax, headersTimeoutMs, requestTimeoutMs } from '../limits.ts';
import { urlHost } from '../sign-in/host-names.ts';

/** A server that listens, with its real port. Handlers are attached by the caller in the same turn. */
export interface Listener {
  readonly server: Server;
  readonly address: Address;
}

/** @throws {StartError} when the address cannot be had */
export async function listen(address: Address): Promise<Listener> {
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs });
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartError(listenFailure(address, error), { cause: error })),
    );
    server.listen({ host: address.host, port: address.port }, resolve);
  });
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

function listenFailure({ host, port }: Address, { code, message }: NodeJS.ErrnoException): string {
  const place = `${urlHost(host)}:${port}`;
  if (code === 'EADDRINUSE')
    return `${place} is taken by another program; stop that one, or change listen under [dashboard] in hatchery.toml`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${place} is no address of this machine; change listen under [dashboard] in hatchery.toml`;
  if (code === 'EACCES') return `port ${port} is reserved for root; change listen under [dashboard] in hatchery.toml`;
  return `cannot listen on ${place}: ${message}`;
}

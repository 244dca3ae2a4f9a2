import { lookup } from 'node:dns/promises';
import { BoundSocket, createServer, type AddressInfo, type Server } from 'node:net';
import type { Address } from '@hatchery/config';
import { queuedConnectionsMax } from './limits.ts';
import { StartError } from './start-error.ts';

/**
 * Opens a port for `server`. Several instances may have it open at once, so that a new one is there
 * before the old one goes; unless `shared`, that is refused when somebody has it already.
 * @throws the system error of listen(2), as EADDRINUSE
 */
export async function openPort(server: Server, address: Address, shared: boolean): Promise<void> {
  if (!shared) await provePortFree(address);
  // A successor can only join a port that was opened with it.
  await listen(server, { ...address, reusePort: true });
}

/**
 * Binds a port for another process to listen on; until one has, connections are refused. `shared`
 * and errors: see {@link openPort}. The caller keeps the result, for its descriptor is closed with
 * it.
 */
export async function bindPort(address: Address, shared: boolean): Promise<BoundSocket> {
  if (!shared) await provePortFree(address);
  // As server.listen takes a name: its first address.
  const { address: host } = await lookup(address.host);
  return new BoundSocket({ host, port: address.port, reusePort: true });
}

/**
 * Listens on a socket that was opened by another process and is shared with it: this one closes its
 * own copy alone.
 * @throws {StartError} when the descriptor is no TCP socket
 */
export async function listenOnPort(server: Server, fd: number, name: string): Promise<AddressInfo> {
  await listenOnPassed(server, fd, name);
  const address = server.address();
  if (address !== null && typeof address !== 'string') return address;
  server.close();
  throw new StartError(
    `the socket ${name} that was passed to it is a Unix socket; it must be a TCP socket`,
  );
}

/** The same for a Unix socket. @throws {StartError} when the descriptor is none */
export async function listenOnUnix(server: Server, fd: number, name: string): Promise<void> {
  await listenOnPassed(server, fd, name);
  const address = server.address();
  if (address === null || typeof address === 'string') return;
  server.close();
  throw new StartError(
    `the socket ${name} that was passed to it is a TCP socket; it must be a Unix socket`,
  );
}

async function listenOnPassed(server: Server, fd: number, name: string): Promise<void> {
  try {
    await listen(server, { fd });
  } catch (error) {
    const { message } = error as Error;
    throw new StartError(`cannot listen on the socket ${name} that was passed to it: ${message}`, {
      cause: error,
    });
  }
}

/**
 * What kept a port from being opened, as a StartError whose one line says what to do about the
 * setting `key`; anything else is a defect and stays what it is.
 */
export function portError(error: unknown, { host, port }: Address, key: string): unknown {
  const { code, syscall = '', message } = error as NodeJS.ErrnoException;
  if (!['bind', 'listen', 'getaddrinfo'].includes(syscall)) return error;
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const advice = {
    EADDRINUSE: `${address} is taken by another process (ss -ltnp shows which); stop it or set ${key} in hatchery.toml`,
    EACCES: `${address} needs a privilege; set ${key} in hatchery.toml to a port above 1023`,
    ENOTFOUND: `${host} of ${key} is no name that this machine knows; set it to an address in hatchery.toml`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; set ${key} in hatchery.toml`,
  }[code ?? ''];
  return new StartError(
    advice ?? `cannot listen on ${address}: ${message}; see ${key} in hatchery.toml`,
    {
      cause: error,
    },
  );
}

/**
 * Without SO_REUSEPORT on this one, the kernel refuses it next to any other, whatever options that
 * has (socket(7)).
 */
async function provePortFree(address: Address): Promise<void> {
  if (address.port === 0) return;
  const probe = createServer();
  await listen(probe, address);
  await new Promise((resolve) => probe.close(resolve));
}

async function listen(
  server: Server,
  place: { readonly fd: number } | (Address & { readonly reusePort?: boolean }),
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  try {
    server.listen({ ...place, backlog: queuedConnectionsMax }, resolve);
    await promise;
  } finally {
    server.off('error', reject);
  }
}

import type { Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import type { Address } from '@hatchery/config';
import {
  createGuardedServer,
  listenOnPort,
  openPort,
  portError,
  type HttpGuard,
  type PartRecord,
} from '@hatchery/daemon';
import {
  connectionsMax,
  connectionsPerPeerMax,
  headersTimeoutMs,
  requestTimeoutMs,
} from '../limits.ts';
import { isLoopback } from '../sign-in/host-names.ts';

/** Deadlines and caps of the page, on its port. */
export const pageGuard: HttpGuard = {
  headersTimeoutMs,
  requestTimeoutMs,
  perPeerMax: connectionsPerPeerMax,
  allMax: connectionsMax,
};

/**
 * A server that listens, with its real port. Handlers are attached by the caller in the same turn.
 */
export interface Listener {
  readonly server: Server;
  readonly address: Address;
}

/**
 * Listens on the address, beside `before` when that is a predecessor that still serves there:
 * nobody is refused when it goes.
 * @throws {StartError} when the address cannot be had
 */
export async function listen(
  { host, port: wanted }: Address,
  before: PartRecord | null = null,
): Promise<Listener> {
  // Where the system chooses the port, a successor keeps the one that browsers know by now.
  const address = { host, port: wanted === 0 && before !== null ? portOf(before) : wanted };
  const server = createGuardedServer(pageGuard);
  try {
    await openPort(server, address, before !== null);
  } catch (error) {
    throw portError(error, address, 'dashboard.listen');
  }
  const { port } = server.address() as AddressInfo;
  return { server, address: { host: address.host, port } };
}

/**
 * Listens on a socket that was opened for us, at the configured address or another. @throws
 * {StartError} when it is of no use
 */
export async function listenOnPassed(fd: number, configured: Address): Promise<Listener> {
  const server = createGuardedServer(pageGuard);
  const { address: host, port } = await listenOnPort(server, fd, 'page');
  return { server, address: { host: nameOf(host, configured), port } };
}

/**
 * The configured name of an address, by which the page is opened. Who may read depends on how near
 * it is, so a name must not belie it.
 */
function nameOf(host: string, configured: Address): string {
  const isName = isIP(configured.host) === 0;
  return isName && isLoopback(configured) === isLoopback({ host, port: 0 })
    ? configured.host
    : host;
}

/** Takes no new connection and resolves when the last one is closed. */
export function closeListener({ server }: Pick<Listener, 'server'>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function portOf({ details }: PartRecord): number {
  return (details['listen'] as Address).port;
}

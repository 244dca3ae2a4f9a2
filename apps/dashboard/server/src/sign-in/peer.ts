import type { IncomingMessage } from 'node:http';

/**
 * Where a request comes from, such as `192.0.2.1:50022`; behind a proxy that is the proxy. Null
 * over a Unix socket.
 */
export function peerOf({ socket: { remoteAddress, remotePort } }: IncomingMessage): string | null {
  return remoteAddress === undefined ? null : `${remoteAddress}:${remotePort}`;
}

import type { Socket } from 'node:net';
import type { Peer } from './peer.ts';
import { readProxyHeader } from './proxy-header.ts';

/** The balancer's header, sent before the client's own bytes. */
export type ProxyOutcome =
  | { readonly kind: 'peer'; readonly peer: Peer | null }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Takes the header off a new connection. The bytes after it stay in the socket, which is paused. A
 * missed deadline or a disconnect counts as a refusal.
 */
export function takeProxyHeader(socket: Socket, deadlineMs: number): Promise<ProxyOutcome> {
  const { promise, resolve } = Promise.withResolvers<ProxyOutcome>();
  let bytes = Buffer.alloc(0);
  const settle = (outcome: ProxyOutcome): void => {
    clearTimeout(deadline);
    socket.off('data', take).off('close', leave).pause();
    resolve(outcome);
  };
  const take = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const reading = readProxyHeader(bytes);
    if (reading.kind === 'incomplete') return;
    if (reading.kind === 'invalid') return settle({ kind: 'refused', why: reading.why });
    settle({ kind: 'peer', peer: reading.peer });
    if (reading.bytes < bytes.length) socket.unshift(bytes.subarray(reading.bytes));
  };
  const leave = (): void => settle({ kind: 'refused', why: 'closed before its PROXY header' });
  const deadline = setTimeout(
    () => settle({ kind: 'refused', why: 'no PROXY header in time' }),
    deadlineMs,
  );
  socket.on('data', take).once('close', leave).resume();
  return promise;
}

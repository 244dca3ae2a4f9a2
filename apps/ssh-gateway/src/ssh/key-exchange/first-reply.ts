import type { Connection as Ssh2Connection } from 'ssh2';
import type { Socket } from 'node:net';
import type { Limits } from '../../limits.ts';
import { internalsOf } from '../ssh2/internals.ts';

/**
 * Holds back our first packet of the key exchange until the client's has arrived, so that it
 * carries the TCP acknowledgement. ssh2 sends its packet as soon as it knows the client's
 * identification. Then there is nothing to send when the client's arrives, so the kernel delays its
 * ACK by 40 ms (tcp(7), TCP_QUICKACK, which Node does not have). OpenSSH's client uses Nagle's
 * algorithm until it has signed in, so it waits for that ACK before it sends more. A client that
 * waits for our packet first gets it after `firstReplyHeldMsMax`.
 */
export function holdFirstReply(
  client: Ssh2Connection,
  socket: Socket,
  limits: Pick<Limits, 'firstReplyHeldMsMax'>,
): void {
  socket.cork();
  const release = (): void => {
    clearTimeout(deadline);
    clearImmediate(inSameChunk);
    socket.off('data', look).off('close', release);
    socket.uncork();
  };
  const look = (): void => {
    if (internalsOf(client)._protocol._kex !== undefined) release();
  };
  const deadline = setTimeout(release, limits.firstReplyHeldMsMax);
  // The client's packet may have arrived together with its identification, which ssh2 reports in
  // the middle of the chunk.
  const inSameChunk = setImmediate(look);
  // ssh2 started listening earlier, so it has parsed the chunk when this runs.
  socket.on('data', look).once('close', release);
  // When nothing fits, our packet shows the client what would: send it before the connection is
  // destroyed.
  client.once('error', release);
}

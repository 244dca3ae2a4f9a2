import type { Connection as Ssh2Connection } from 'ssh2';
import type { Socket } from 'node:net';
import type { Limits } from '../../limits.ts';
import { internalsOf } from '../ssh2/internals.ts';

/**
 * Keeps back our first packet of the key exchange until the client's has come, so that it carries
 * the acknowledgement of that one. ssh2 sends it as soon as it knows the client's identification;
 * then nothing is left to send when the client's arrives, the kernel delays its ACK by 40 ms
 * (tcp(7), TCP_QUICKACK, which Node does not have), and OpenSSH's client, with Nagle's algorithm on
 * until it has signed in, waits for it with what it wants to send next. A client that waits for
 * ours first gets it after `firstReplyHeldMsMax`.
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
  // The client's packet may have come together with its identification, of which ssh2 has told in
  // the middle of the chunk.
  const inSameChunk = setImmediate(look);
  // ssh2 listens since before, so it has parsed the chunk when this is called.
  socket.on('data', look).once('close', release);
  // When nothing fits, ours tells the client what would have: it has to be on its way before the
  // connection is destroyed for it.
  client.once('error', release);
}

import type { Socket } from 'node:net';

/** RFC 4253 4.2, with its CR and LF. */
const lineBytesMax = 255;

/**
 * Passes the client's identification to ssh2 in one piece: ssh2 loses bytes of a line that arrives
 * in three packets or more. Call it before ssh2 gets the socket; ssh2 starts listening a moment
 * later.
 */
export function gatherIdentification(socket: Socket): void {
  const whenListened = (event: string | symbol): void => {
    if (event !== 'data') return;
    socket.off('newListener', whenListened);
    // This runs before the listener exists, and long before the first bytes, which arrive in a
    // later turn of the event loop.
    queueMicrotask(() => gather(socket));
  };
  socket.on('newListener', whenListened);
}

function gather(socket: Socket): void {
  const listeners = socket.listeners('data') as ((bytes: Buffer) => void)[];
  for (const listener of listeners) socket.off('data', listener);
  let bytes = Buffer.alloc(0);
  const take = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (!bytes.includes('\n') && bytes.length < lineBytesMax) return;
    socket.off('data', take);
    for (const listener of listeners) socket.on('data', listener);
    socket.emit('data', bytes);
  };
  socket.on('data', take);
}

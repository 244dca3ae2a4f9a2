import type { Socket } from 'node:net';

/** RFC 4253 4.2, with its CR and LF. */
const lineBytesMax = 255;

/**
 * Gives ssh2 the client's identification in one piece: it loses bytes of a line that comes in three
 * packets or more. To be called before the socket is given to ssh2, which begins to listen a moment
 * later.
 */
export function gatherIdentification(socket: Socket): void {
  const whenListened = (event: string | symbol): void => {
    if (event !== 'data') return;
    socket.off('newListener', whenListened);
    // Told before the listener is there, and long before the first bytes, which come in a turn of
    // their own.
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

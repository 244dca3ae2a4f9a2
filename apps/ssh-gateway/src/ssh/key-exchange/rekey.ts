import type { Connection as Ssh2Connection } from 'ssh2';
import type { Socket } from 'node:net';
import type { Limits } from '../../limits.ts';

/**
 * Starts a key exchange after so many bytes or so much time. Looked at whenever the client sends
 * something, as it must to go on reading.
 */
export function keepKeysFresh(
  client: Ssh2Connection,
  socket: Socket,
  limits: Pick<Limits, 'rekeyBytes' | 'rekeyMs'>,
): Disposable {
  let bytesAtLast = 0;
  const look = (): void => {
    const bytes = socket.bytesRead + socket.bytesWritten;
    if (bytes - bytesAtLast < limits.rekeyBytes) return;
    bytesAtLast = bytes;
    client.rekey();
  };
  const timer = setInterval(() => client.rekey(), limits.rekeyMs).unref();
  socket.on('data', look);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      socket.off('data', look);
    },
  };
}

import type { Connection as Ssh2Connection } from 'ssh2';
import type { Socket } from 'node:net';
import type { Limits } from '../../limits.ts';

/**
 * Starts a key exchange after a number of bytes or a time. Checked whenever the client sends
 * something, which it must do to keep reading.
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

import type { Socket } from 'node:net';
import type { Endable } from '../close-cause.ts';

/**
 * A user signs in to run a session. A connection that asks for none within `graceMs` is
 * disconnected: it would hold a descriptor for ever, and the limit of the user's sessions does not
 * count it. Returns `opened`, to be called with each session.
 */
export function expectSession<Given extends readonly unknown[]>(
  connection: Pick<Endable, 'disconnect'>,
  socket: Socket,
  graceMs: number,
  opened: (...given: Given) => void,
): (...given: Given) => void {
  const none = (): void =>
    connection.disconnect('unused', 'no session was asked for in time; connect again');
  const timer = setTimeout(none, graceMs);
  socket.once('close', () => clearTimeout(timer));
  return (...given) => {
    clearTimeout(timer);
    opened(...given);
  };
}

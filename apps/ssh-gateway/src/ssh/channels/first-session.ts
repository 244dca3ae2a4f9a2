import type { Socket } from 'node:net';
import type { Endable } from '../close-cause.ts';

/**
 * Who signs in comes for a session. A connection that asks for none within `graceMs` would hold a
 * descriptor for ever, and no limit of its user's sessions counts it: it is disconnected. Returns
 * `opened` as it is to be called with each session.
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

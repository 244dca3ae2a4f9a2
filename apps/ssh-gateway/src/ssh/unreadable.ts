import type { Connection as Ssh2Connection } from 'ssh2';
import type { Endable } from './close-cause.ts';
import { internalsOf } from './ssh2/internals.ts';

/**
 * RFC 4253 6.1 requires this much, and ssh2 takes no more: `MAX_PACKET_SIZE` in its
 * lib/protocol/crypto.js.
 */
const packetBytesMax = 35_000;

/** Of all oversized packets, a user can only have sent a command on purpose. */
const tooLong = `a command in a packet longer than ${packetBytesMax} bytes is not taken: only Bazaar branches are served here; use: brz branch bzr+ssh://…`;

/**
 * Ends a connection that ssh2 can no longer parse. A signed-in user whose packet is too long gets
 * the reason. The rest of the packet is read and dropped: closing a socket with unread bytes resets
 * the connection, and the reason would be lost.
 */
export function endUnreadable(connection: Endable, client: Ssh2Connection, message: string): void {
  const { _sock, authenticated } = internalsOf(client);
  if (!authenticated || !message.startsWith('Bad packet length'))
    return connection.destroy('protocol', `protocol: ${message}`);
  // ssh2 keeps parsing after an error, and would allocate as much as the packet claims to hold.
  _sock.removeAllListeners('data').resume();
  connection.disconnect('protocol', `protocol: ${message}`, tooLong);
}

import type { Connection as Ssh2Connection } from 'ssh2';
import type { Endable } from './close-cause.ts';
import { internalsOf } from './ssh2/internals.ts';

/**
 * RFC 4253 6.1 asks for so much, and ssh2 takes no more: `MAX_PACKET_SIZE` in its
 * lib/protocol/crypto.js.
 */
const packetBytesMax = 35_000;

/** Of all that fits no packet, a command is what a person may have sent. */
const tooLong = `a command in a packet longer than ${packetBytesMax} bytes is not taken: only Bazaar branches are served here; use: brz branch bzr+ssh://…`;

/**
 * Ends a connection of which ssh2 cannot read any more. Whoever has signed in and sent a packet
 * that is too long reads so; the rest of it is taken and dropped, for a socket that is closed with
 * bytes unread resets the connection, and the words with it.
 */
export function endUnreadable(connection: Endable, client: Ssh2Connection, message: string): void {
  const { _sock, authenticated } = internalsOf(client);
  if (!authenticated || !message.startsWith('Bad packet length'))
    return connection.destroy('protocol', `protocol: ${message}`);
  // ssh2 goes on parsing after an error, and would make room for as much as the packet says it has.
  _sock.removeAllListeners('data').resume();
  connection.disconnect('protocol', `protocol: ${message}`, tooLong);
}

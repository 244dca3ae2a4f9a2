import type { Connection } from 'ssh2';
import { wireString, wireUint32 } from '@hatchery/ssh-keys';
import { internalsOf, type ProtocolInternals } from './ssh2/internals.ts';
import { sendMessage, sendMessageAtOnce } from './ssh2/ssh2-parts.ts';

/** SSH_MSG_DISCONNECT (RFC 4253 11.1) and SSH_MSG_USERAUTH_BANNER (RFC 4252 5.4). */
const message = { disconnect: 1, banner: 53 } as const;
const reasonCodes = {
  'by-application': 11,
  'service-not-available': 7,
  'key-exchange-failed': 3,
} as const;

/**
 * Tells the client why the connection ends. ssh2's own disconnect has no room for words, which
 * OpenSSH and PuTTY show to the user. The packet goes out even in the middle of a key exchange, as
 * RFC 4253 7.1 allows for this message.
 */
export function sendDisconnect(
  client: Connection,
  reason: keyof typeof reasonCodes,
  text: string,
): void {
  const protocol = livingProtocolOf(client);
  if (protocol === null) return;
  const words = [wireString(text), wireString('')];
  sendMessageAtOnce(
    protocol,
    Buffer.concat([Buffer.of(message.disconnect), wireUint32(reasonCodes[reason]), ...words]),
  );
}

/**
 * Says a line to the user while the sign-in goes on, which every client shows. ssh2 sends a banner
 * before the sign-in alone.
 */
export function sendBanner(client: Connection, line: string): void {
  const protocol = livingProtocolOf(client);
  if (protocol === null) return;
  sendMessage(
    protocol,
    Buffer.concat([Buffer.of(message.banner), wireString(`${line}\r\n`), wireString('')]),
  );
}

/** Null when it was taken apart after an error or a FIN: ssh2 throws at whatever is sent then. */
function livingProtocolOf(client: Connection): ProtocolInternals | null {
  const { _protocol: protocol } = internalsOf(client);
  return protocol._destruct === undefined ? null : protocol;
}

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
 * Tells the client why the connection ends. ssh2's own disconnect carries no text, but OpenSSH and
 * PuTTY show it to the user. The packet may be sent in the middle of a key exchange, which RFC 4253
 * 7.1 allows for this message.
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
 * Sends the user a line during the sign-in, which every client shows. ssh2 itself sends a banner
 * only before the sign-in.
 */
export function sendBanner(client: Connection, line: string): void {
  const protocol = livingProtocolOf(client);
  if (protocol === null) return;
  sendMessage(
    protocol,
    Buffer.concat([Buffer.of(message.banner), wireString(`${line}\r\n`), wireString('')]),
  );
}

/**
 * Null when the protocol was dismantled after an error or a FIN: ssh2 then throws at anything it
 * should send.
 */
function livingProtocolOf(client: Connection): ProtocolInternals | null {
  const { _protocol: protocol } = internalsOf(client);
  return protocol._destruct === undefined ? null : protocol;
}

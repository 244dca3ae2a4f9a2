import type { Connection } from 'ssh2';
import { wireString, wireUint32 } from '../auth/wire-format.ts';
import { internalsOf } from './internals.ts';
import { sendMessageAtOnce } from './ssh2-parts.ts';

/** SSH_MSG_DISCONNECT and two of its reasons, the rest being the user's text (RFC 4253 11.1). */
const message = 1;
const reasonCodes = { 'by-application': 11, 'service-not-available': 7 } as const;

/**
 * Tells the client why the connection ends. ssh2's own disconnect has no room for words, which OpenSSH and PuTTY show to the user.
 * The packet goes out even in the middle of a key exchange, as RFC 4253 7.1 allows for this message.
 */
export function sendDisconnect(client: Connection, reason: keyof typeof reasonCodes, text: string): void {
  const { _protocol: protocol } = internalsOf(client);
  // Taken apart after an error or a FIN: ssh2 throws at whatever is sent then.
  if (protocol._destruct === undefined) return;
  const payload = [Buffer.of(message), wireUint32(reasonCodes[reason]), wireString(text), wireString('')];
  sendMessageAtOnce(protocol, Buffer.concat(payload));
}

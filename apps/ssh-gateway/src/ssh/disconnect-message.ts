import type { Connection as Ssh2Connection } from 'ssh2';
import { internalsOf } from './internals.ts';

/** SSH_MSG_DISCONNECT and two of its reasons, the rest being the user's text (RFC 4253 11.1). */
const message = 1;
const reasonCodes = { 'by-application': 11, 'service-not-available': 7 } as const;

/**
 * Tells the client why the connection ends. ssh2's own disconnect has no room for words, which OpenSSH and PuTTY show to the user.
 * The packet goes out even in the middle of a key exchange, as RFC 4253 7.1 allows for this message.
 */
export function sendDisconnect(client: Ssh2Connection, reason: keyof typeof reasonCodes, text: string): void {
  const { _protocol: protocol } = internalsOf(client);
  // Taken apart after an error or a FIN: ssh2 throws at whatever is sent then.
  if (protocol._destruct === undefined) return;
  const words = Buffer.from(text);
  const { write } = protocol._packetRW;
  const start = write.allocStartKEX;
  const packet = write.alloc(1 + 4 + 4 + words.length + 4, true);
  packet[start] = message;
  packet.writeUInt32BE(reasonCodes[reason], start + 1);
  packet.writeUInt32BE(words.length, start + 5);
  packet.set(words, start + 9);
  packet.writeUInt32BE(0, start + 9 + words.length);
  protocol._cipher.encrypt(write.finalize(packet, true));
}

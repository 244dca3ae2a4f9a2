import { wireString, wireUint32 } from './wire-format.ts';

/** Our name in every identification. */
export const software = 'hatchery';

/** SSH_MSG_DISCONNECT with SSH_DISCONNECT_SERVICE_NOT_AVAILABLE (RFC 4253 11.1). */
const disconnect = { message: 1, serviceNotAvailable: 7 } as const;

/** The block size of a connection without keys, and the least padding (RFC 4253 6). */
const blockBytes = 8;
const paddingBytesMin = 4;

/**
 * The whole answer to a client whose connection is refused: our identification and, in the clear,
 * the reason. A disconnect may come at any time, so this needs no key exchange and no state.
 * OpenSSH and PuTTY show its text to the user, unlike a line before the identification.
 */
export function refusalBytes(text: string): Buffer {
  const code = Buffer.concat([
    Buffer.of(disconnect.message),
    wireUint32(disconnect.serviceNotAvailable),
  ]);
  const payload = Buffer.concat([code, wireString(`hatchery: ${text}`), wireString('')]);
  return Buffer.concat([Buffer.from(`SSH-2.0-${software}\r\n`), plainPacket(payload)]);
}

function plainPacket(payload: Buffer): Buffer {
  const rest = (5 + payload.length + paddingBytesMin) % blockBytes;
  const padding = paddingBytesMin + (rest === 0 ? 0 : blockBytes - rest);
  const lengths = Buffer.concat([wireUint32(1 + payload.length + padding), Buffer.of(padding)]);
  return Buffer.concat([lengths, payload, Buffer.alloc(padding)]);
}

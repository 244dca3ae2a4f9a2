import { readWire, wireString } from '@hatchery/ssh-keys';

/** The part of a client's KEXINIT that the gateway decides on (RFC 4253 7.1). */
export interface KexInitMessage {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly clientToServer: Direction;
  readonly serverToClient: Direction;
  /** Its next packet is a guess. */
  readonly firstPacketFollows: boolean;
}

/** The protection of one direction. */
interface Direction {
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
  readonly compression: readonly string[];
}

const headBytes = 1 + 16;

/** Reads a KEXINIT's payload; null when it is malformed. */
export function parseKexInit(payload: Buffer): KexInitMessage | null {
  return readWire(payload.subarray(headBytes), (reader) => {
    const list = (): string[] => reader.bytes().toString('latin1').split(',');
    const [kex, hostKey] = [list(), list()];
    const [ciphersIn, ciphersOut] = [list(), list()];
    const [macsIn, macsOut] = [list(), list()];
    const [compressionIn, compressionOut] = [list(), list()];
    // The languages.
    reader.bytes();
    reader.bytes();
    const firstPacketFollows = reader.byte() !== 0;
    reader.uint32();
    const clientToServer = { ciphers: ciphersIn, macs: macsIn, compression: compressionIn };
    const serverToClient = { ciphers: ciphersOut, macs: macsOut, compression: compressionOut };
    return { kex, hostKey, clientToServer, serverToClient, firstPacketFollows };
  });
}

/** The same payload with other key exchanges. */
export function withKexList(payload: Buffer, kex: readonly string[]): Buffer {
  const oldEnd = headBytes + 4 + payload.readUInt32BE(headBytes);
  return Buffer.concat([
    payload.subarray(0, headBytes),
    wireString(kex.join(',')),
    payload.subarray(oldEnd),
  ]);
}

/**
 * Whether the client's guess was wrong, so that its next packet must be dropped. RFC 4253 7: a
 * guess is right when both sides list the same algorithm first.
 */
export function guessedWrong(
  client: Pick<KexInitMessage, 'kex' | 'hostKey' | 'firstPacketFollows'>,
  server: { readonly kex: readonly string[]; readonly hostKey: readonly string[] },
): boolean {
  return (
    client.firstPacketFollows &&
    (client.kex[0] !== server.kex[0] || client.hostKey[0] !== server.hostKey[0])
  );
}

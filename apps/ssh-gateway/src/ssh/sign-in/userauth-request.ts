import { readWire, type WireReader, wireString } from '@hatchery/ssh-keys';

/** A client's SSH_MSG_USERAUTH_REQUEST (RFC 4252 5). */
export interface UserauthRequest {
  readonly user: string;
  readonly service: string;
  readonly method: string;
  /** Only for the method `publickey`. */
  readonly publicKey: {
    readonly algorithm: string;
    readonly blob: Buffer;
    readonly signature: Buffer | null;
    readonly signedData: Buffer;
  } | null;
}

/** No user, method or service has a longer name. */
const nameBytesMax = 256;

/** Reads a request's payload; null when it is malformed. */
export function parseUserauthRequest(payload: Buffer, sessionId: Buffer): UserauthRequest | null {
  return readWire(payload, (reader) => {
    reader.byte();
    const user = reader.text();
    const [service, method] = [reader.name(), reader.name()];
    if (Math.max(user.length, service.length, method.length) > nameBytesMax) reader.fail();
    if (method === 'publickey')
      return { user, service, method, publicKey: readPublicKey(reader, payload, sessionId) };
    // The rest of other methods is not read: they are refused.
    while (!reader.isAtEnd) reader.byte();
    return { user, service, method, publicKey: null };
  });
}

function readPublicKey(
  reader: WireReader,
  payload: Buffer,
  sessionId: Buffer,
): UserauthRequest['publicKey'] {
  const hasSignature = reader.byte() !== 0;
  const [algorithm, blob] = [reader.name(), reader.bytes()];
  // RFC 4252 7: the session identifier, then the request up to the key.
  const signedData = Buffer.concat([wireString(sessionId), payload.subarray(0, reader.position)]);
  return { algorithm, blob, signature: hasSignature ? reader.bytes() : null, signedData };
}

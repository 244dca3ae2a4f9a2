import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readWire, wireString, wireUint32 } from '@hatchery/ssh-keys';

/** What the user of a security key does. */
export interface Touch {
  readonly touched: boolean;
  readonly pinEntered: boolean;
}

/**
 * Converts the DER of an ECDSA-Sig-Value to two mpints: both use the shortest two's complement, so
 * only the framing differs.
 */
function mpintsOf(der: Buffer): Buffer {
  const at = 2;
  const rLength = der[at + 1] ?? 0;
  const r = der.subarray(at + 2, at + 2 + rLength);
  const s = der.subarray(at + 2 + rLength + 2);
  return Buffer.concat([wireString(r), wireString(s)]);
}

/**
 * A security key in software. Its signatures have the layout of a FIDO authenticator's in OpenSSH's
 * PROTOCOL.u2f.
 */
export class SecurityKey {
  readonly type: 'sk-ssh-ed25519@openssh.com' | 'sk-ecdsa-sha2-nistp256@openssh.com';
  readonly application: string;
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  /**
   * The application the signature is for. Another one than the key's own is what a web page could
   * request.
   */
  signsFor: string;
  touch: Touch = { touched: true, pinEntered: false };
  #counter = 1;

  constructor(kind: 'ed25519' | 'ecdsa', application = 'ssh:') {
    this.type =
      kind === 'ed25519' ? 'sk-ssh-ed25519@openssh.com' : 'sk-ecdsa-sha2-nistp256@openssh.com';
    this.application = application;
    this.signsFor = application;
    const pair =
      kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    this.#private = pair.privateKey;
    this.#public = pair.publicKey;
  }

  get blob(): Buffer {
    const { x = '', y = '' } = this.#public.export({ format: 'jwk' });
    const point = [x, y].map((coordinate) => Buffer.from(coordinate, 'base64url'));
    const fields =
      this.type === 'sk-ssh-ed25519@openssh.com'
        ? [wireString(point[0] ?? '')]
        : [wireString('nistp256'), wireString(Buffer.concat([Buffer.of(4), ...point]))];
    return Buffer.concat([wireString(this.type), ...fields, wireString(this.application)]);
  }

  /** In the format of a `.pub` file. */
  get line(): string {
    return `${this.type} ${this.blob.toString('base64')} security-key\n`;
  }

  /** The whole signature blob. */
  sign(data: Buffer): Buffer {
    const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();
    const flags = (this.touch.touched ? 1 : 0) | (this.touch.pinEntered ? 4 : 0);
    const authenticatorData = Buffer.concat([Buffer.of(flags), wireUint32(this.#counter++)]);
    const signed = Buffer.concat([sha256(this.signsFor), authenticatorData, sha256(data)]);
    const value =
      this.type === 'sk-ssh-ed25519@openssh.com'
        ? sign(null, signed, this.#private)
        : mpintsOf(sign('sha256', signed, this.#private));
    return Buffer.concat([wireString(this.type), wireString(value), authenticatorData]);
  }
}

/** The data that an agent is asked to sign, and with which key; null for another message. */
export function signRequestIn(message: Buffer): { blob: Buffer; data: Buffer } | null {
  return readWire(message, (reader) => {
    if (reader.byte() !== 13) reader.fail();
    const [blob, data] = [reader.bytes(), reader.bytes()];
    reader.uint32();
    return { blob, data };
  });
}

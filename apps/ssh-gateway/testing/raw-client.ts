import { connect, type Socket } from 'node:net';
import { until, within } from '@hatchery/testkit';
import { wireString, wireUint32 } from '@hatchery/ssh-keys';

/**
 * A packet before any keys: its length, its padding's length, the payload, the padding (RFC 4253
 * 6).
 */
export function plainPacket(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + (8 - ((payload.length + 5) % 8) < 4 ? 8 : 0);
  return Buffer.concat([
    wireUint32(1 + payload.length + padding),
    Buffer.of(padding),
    payload,
    Buffer.alloc(padding),
  ]);
}

/** A KEXINIT that offers only these; `guess` says that a guessed packet follows at once. */
export function kexInitOffering(
  kex: readonly string[],
  hostKeys: readonly string[],
  guess = false,
): Buffer {
  const both = (list: string): Buffer => Buffer.concat([wireString(list), wireString(list)]);
  return Buffer.concat([
    Buffer.concat([Buffer.of(20), Buffer.alloc(16, 7)]),
    wireString(kex.join(',')),
    wireString(hostKeys.join(',')),
    both('aes128-gcm@openssh.com'),
    both('hmac-sha2-256-etm@openssh.com'),
    both('none'),
    both(''),
    Buffer.concat([Buffer.of(guess ? 1 : 0), wireUint32(0)]),
  ]);
}

/** A client that speaks SSH before any keys, byte by byte as a test needs it. */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly ident: string;
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #isClosed = false;

  constructor(port: number, ident = 'SSH-2.0-raw') {
    this.ident = ident;
    this.socket = connect(port, '127.0.0.1');
    this.socket.on(
      'data',
      (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])),
    );
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.#isClosed = true;
        resolve();
      }),
    );
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Exchanges identifications; returns the server's, without its line ending. */
  async identify(): Promise<string> {
    this.socket.write(`${this.ident}\r\n`);
    await until('the identification', () => this.#received.includes('\r\n'));
    const end = this.#received.indexOf('\r\n');
    const line = this.#received.subarray(0, end).toString();
    this.#received = this.#received.subarray(end + 2);
    return line;
  }

  send(payload: Buffer): void {
    this.socket.write(plainPacket(payload));
  }

  /** The next packet's payload. */
  async receive(): Promise<Buffer> {
    const complete = (): boolean =>
      this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32BE();
    await until('a packet', () => complete() || this.#isClosed);
    if (!complete()) throw new Error('the server closed the connection');
    const length = this.#received.readUInt32BE();
    const payload = this.#received.subarray(5, 4 + length - (this.#received[4] ?? 0));
    this.#received = this.#received.subarray(4 + length);
    return payload;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await within('the client to close', this.closed);
  }
}

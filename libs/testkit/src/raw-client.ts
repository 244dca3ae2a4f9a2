import { connect, type Socket } from 'node:net';
import { until, within } from './deadline.ts';

/** A client that sends bytes as given and shows what comes back, byte for byte (latin1). */
export class RawClient implements Disposable {
  readonly #socket: Socket;
  readonly #ended = Promise.withResolvers<void>();
  /** Everything received so far. */
  text = '';
  /** True when the service has closed its side. */
  hasEnded = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => (this.text += chunk.toString('latin1')));
    // A service that closes while we still send resets the connection; what it sent before counts.
    socket.on('error', () => undefined);
    socket.on('end', () => this.#end()).on('close', () => this.#end());
  }

  static async connect(socketPath: string): Promise<RawClient> {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('connect', resolve).once('error', reject);
    await within(`a connection to ${socketPath}`, promise);
    return new RawClient(socket);
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }

  /** Sends EOF and continues reading. */
  endSending(): void {
    this.#socket.end();
  }

  /** Waits until the received text matches. @throws when the service closes first */
  async read(pattern: RegExp): Promise<RegExpExecArray> {
    return until(`${String(pattern)} from the service`, () => {
      const match = pattern.exec(this.text);
      if (match === null && this.hasEnded)
        throw new Error(`the service closed after ${JSON.stringify(this.text)}`);
      return match;
    });
  }

  /** Everything that the service sent, once it has closed. */
  async readToEnd(): Promise<string> {
    await within('the end of the answer', this.#ended.promise);
    return this.text;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #end(): void {
    this.hasEnded = true;
    this.#ended.resolve();
  }
}

/**
 * Sends one request, in the given pieces, and returns everything received until the service closes.
 */
export async function ask(socketPath: string, ...pieces: (string | Uint8Array)[]): Promise<string> {
  using client = await RawClient.connect(socketPath);
  for (const piece of pieces) {
    client.send(piece);
    // Send each piece as a packet of its own: the service must see them apart.
    await new Promise(setImmediate);
  }
  // Awaited here: the connection must live until then.
  return await client.readToEnd();
}

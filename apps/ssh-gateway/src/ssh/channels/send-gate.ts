import type { Connection as Ssh2Connection } from 'ssh2';
import type { Limits } from '../../limits.ts';
import { internalsOf } from '../ssh2/internals.ts';

/**
 * Tells whether a connection takes more bytes. ssh2 writes to the socket without asking (trap D),
 * so whoever feeds a channel asks here. While keys are exchanged nothing is taken: ssh2 keeps what
 * is sent meanwhile in a list without an end, past the socket's own count, and how long an exchange
 * takes is up to the client.
 */
export class SendGate {
  readonly #client: Ssh2Connection;
  readonly #pauseBytes: number;
  readonly #waiting = new Set<() => void>();

  constructor(client: Ssh2Connection, pauseBytes: number) {
    this.#client = client;
    this.#pauseBytes = pauseBytes;
    // One listener a connection, however many outputs wait.
    internalsOf(client)._sock.on('drain', () => this.#open());
    // Emitted when what had piled up is on its way.
    client.on('rekey', () => this.#open());
  }

  get isOpen(): boolean {
    const { _sock, _protocol } = internalsOf(this.#client);
    return _protocol._kexinit === undefined && _sock.writableLength < this.#pauseBytes;
  }

  /**
   * Calls `listener` once, when there may be room again; it asks again. It is never called after
   * the connection has closed.
   */
  whenOpen(listener: () => void): void {
    this.#waiting.add(listener);
  }

  #open(): void {
    const listeners = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of listeners) listener();
  }
}

/**
 * Whether more waits for a client than one may have that reads. What is sent unasked, as replies,
 * has no gate: this is for a client that asks and never reads, or never finishes a key exchange
 * (trap D).
 */
export function isOverfull(
  client: Ssh2Connection,
  limits: Pick<Limits, 'socketBufferBytesMax' | 'queuedPacketsMax'>,
): boolean {
  const { _sock, _protocol } = internalsOf(client);
  return (
    _sock.writableLength > limits.socketBufferBytesMax ||
    (_protocol._queue?.length ?? 0) > limits.queuedPacketsMax
  );
}

import type { Connection as Ssh2Connection } from 'ssh2';
import type { Limits } from '../../limits.ts';
import { internalsOf } from '../ssh2/internals.ts';

/**
 * Whether a connection takes more bytes. ssh2 writes to the socket without asking (trap D), so the
 * code that feeds a channel asks here. During a key exchange the answer is no: ssh2 queues messages
 * without a limit and outside the socket's count, and the client decides how long an exchange
 * takes.
 */
export class SendGate {
  readonly #client: Ssh2Connection;
  readonly #pauseBytes: number;
  readonly #waiting = new Set<() => void>();

  constructor(client: Ssh2Connection, pauseBytes: number) {
    this.#client = client;
    this.#pauseBytes = pauseBytes;
    // One listener for each connection, however many outputs wait.
    internalsOf(client)._sock.on('drain', () => this.#open());
    // Emitted when the queued messages are on their way.
    client.on('rekey', () => this.#open());
  }

  get isOpen(): boolean {
    const { _sock, _protocol } = internalsOf(this.#client);
    return _protocol._kexinit === undefined && _sock.writableLength < this.#pauseBytes;
  }

  /**
   * Calls `listener` once, when there may be room; the listener then asks again. Never called after
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
 * Whether more is queued for a client than for any client that reads. Replies and other unasked
 * messages have no gate: this detects a client that sends requests but never reads, or never
 * finishes a key exchange (trap D).
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

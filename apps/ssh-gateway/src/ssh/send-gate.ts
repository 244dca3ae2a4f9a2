import type { Socket } from 'node:net';

/**
 * Tells whether a connection takes more bytes. ssh2 writes to the socket without asking (trap D), so whoever feeds a channel asks here.
 */
export class SendGate {
  readonly #socket: Socket;
  readonly #pauseBytes: number;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket, pauseBytes: number) {
    this.#socket = socket;
    this.#pauseBytes = pauseBytes;
    // One listener a connection, however many outputs wait.
    socket.on('drain', () => this.#open());
  }

  get isOpen(): boolean {
    return this.#socket.writableLength < this.#pauseBytes;
  }

  /** Calls `listener` once, when the socket has emptied. It is never called after the connection has closed. */
  whenOpen(listener: () => void): void {
    this.#waiting.add(listener);
  }

  #open(): void {
    const listeners = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of listeners) listener();
  }
}

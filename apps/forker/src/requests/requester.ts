import type { Socket } from 'node:net';
import { leaveLookMs } from '../limits.ts';
import type { Peer } from './peer.ts';

/** Who waits for an answer. */
export interface Requester {
  /** When its connection was accepted, on the clock of `performance.now()`. */
  readonly acceptedAtMs: number;
  /**
   * Whose process asks, as the kernel knows it from its connection; null when that cannot be found
   * out. To be asked at once.
   */
  readonly peer: () => Promise<Peer | null>;
  /** Aborted when it is known to have left before its first answer. */
  readonly left: AbortSignal;
}

/** Looks whether a requester is still there, until it is disposed or the requester has left. */
export class LeaveWatch implements Disposable {
  readonly #socket: Socket;
  readonly #left = new AbortController();
  readonly #look = (): void => this.#lookAtPeer();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** To be made when the request has been read, and nothing else listens for its end. */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.once('close', () => this.#end());
    // It may have sent its end with its request.
    if (socket.readableEnded) setImmediate(this.#look);
    else socket.once('end', this.#look);
  }

  get left(): AbortSignal {
    return this.#left.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#socket.off('end', this.#look);
    this.#isOver = true;
  }

  /**
   * A client that has gone and one that sends no more both look like an end. A write tells them
   * apart, and one of nothing tells it to us alone: EPIPE from a peer that is gone (unix(7)), upon
   * which the socket closes.
   */
  #lookAtPeer(): void {
    if (this.#isOver || !this.#socket.writable) return;
    this.#socket.write(Buffer.alloc(0));
    this.#timer = setTimeout(this.#look, leaveLookMs);
  }

  #end(): void {
    if (this.#isOver) return;
    this[Symbol.dispose]();
    this.#left.abort();
  }
}

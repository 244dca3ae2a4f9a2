import type { LivePosition } from '@hatchery/events';
import { usageHeldAboveBytes } from '../limits.ts';
import { pace, type Pace } from './pace.ts';

/** The part of a browser's socket that is needed here. */
export interface LiveSocket {
  readonly bufferedBytes: number;
  send(frame: Buffer): void;
  /** Codes of 4000 and above are ours; the page knows 4008 (too slow) and 4001 (sign-in over). */
  close(code: number, reason: string): void;
}

/** One browser on the live stream: what it has received, and how fast it reads. */
export class LiveClient {
  readonly #socket: LiveSocket;
  /** The last round of usage it received, or null until it has said what it knows. */
  round: number | null = null;
  /** The position it gave, while the answer is owed. */
  owedFrom: LivePosition | null = null;
  caughtUpAt = Number.NEGATIVE_INFINITY;
  #behindSince: number | null = null;
  #snapshotBytes = 0;
  #closed = false;

  constructor(socket: LiveSocket) {
    this.#socket = socket;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Judges the browser's reading speed at `now` (milliseconds), and closes one that is too slow.
   */
  pace(now: number): Pace {
    const { bufferedBytes } = this.#socket;
    if (bufferedBytes <= usageHeldAboveBytes) {
      this.#behindSince = null;
      this.#snapshotBytes = 0;
    } else this.#behindSince ??= now;
    const judged = pace(
      { bufferedBytes, behindSince: this.#behindSince, snapshotBytes: this.#snapshotBytes },
      now,
    );
    if (judged === 'too-slow') this.close(4008, 'too slow; resume');
    return judged;
  }

  send(frame: Buffer): void {
    if (!this.#closed) this.#socket.send(frame);
  }

  sendSnapshot(frame: Buffer): void {
    this.#snapshotBytes = frame.length;
    this.send(frame);
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close(code, reason);
  }
}

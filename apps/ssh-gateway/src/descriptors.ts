import type { Socket } from 'node:net';
import { descriptorNeed } from '@hatchery/daemon';

/** libuv's handle of a socket: the one place that tells its number. */
interface Handle {
  readonly fd: number;
}

/**
 * Sees the end of a process's descriptors coming. At the end itself libuv accepts and closes
 * whatever waits at the port, without a word to anybody (uv__emfile_trick), and a session that was
 * let in fails half way.
 */
export class Descriptors {
  readonly allowed: number;
  readonly kept: number;

  constructor(kept: number) {
    this.allowed = descriptorNeed(0).allowed;
    this.kept = kept;
  }

  /**
   * Whether a socket that has just been opened took one of those that are kept. The kernel gives
   * out the lowest free number (accept(2)).
   */
  areShort(socket: Socket): boolean {
    const { _handle: handle } = socket as Socket & { readonly _handle: Handle | null };
    return handle !== null && handle.fd >= this.allowed - this.kept;
  }
}

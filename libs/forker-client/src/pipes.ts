import { closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { connectedLookMs } from './limits.ts';

/** The three FIFOs of a child, from the client's side. */
export interface ChildPipes {
  /**
   * What the child reads. `end()` gives it an EOF, and finishes when the child has connected.
   * Destroy it when the child has exited: a FIFO does not tell its idle writer.
   */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Opens the FIFOs of a pipe directory without ever blocking: blocking opens would occupy Node's
 * four-thread pool and stop all file access and DNS of the process.
 *
 * An output that ends before the child has opened it never says so (fifo(7)): tie the streams to
 * the child's exit.
 * @throws the ENOENT of open(2) when the directory is gone, and another error when something else
 * is in a FIFO's place
 */
export function openPipes(directory: string): ChildPipes {
  const fds: number[] = [];
  try {
    // Read-write, because a FIFO without a reader refuses a write-only open that does not block,
    // and the child opens its side only after us. We never read; closing this one descriptor is the
    // child's end of file all the same.
    fds.push(openFifo(join(directory, 'stdin'), constants.O_RDWR));
    fds.push(openFifo(join(directory, 'stdout'), constants.O_RDONLY));
    fds.push(openFifo(join(directory, 'stderr'), constants.O_RDONLY));
  } catch (error) {
    for (const fd of fds) closeSync(fd);
    throw error;
  }
  const [stdin, stdout, stderr] = fds as [number, number, number];
  return {
    stdin: new ChildStdin(stdin, join(directory, 'stdin')),
    stdout: new Socket({ fd: stdout, readable: true, writable: false }),
    stderr: new Socket({ fd: stderr, readable: true, writable: false }),
  };
}

/**
 * Opens a FIFO and nothing else: with `forker.run_as` the directory belongs to the user of all
 * sessions, any of whose processes can put a link in its place, and we may write where they may
 * not.
 */
function openFifo(path: string, mode: number): number {
  const fd = openSync(path, mode | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if (fstatSync(fd).isFIFO()) return fd;
  closeSync(fd);
  throw new Error(`${path} is no FIFO`);
}

/**
 * Closes only once the child has opened its side. A FIFO that nobody has open forgets what was
 * written, and the child would wait for a writer until its connect timeout.
 */
class ChildStdin extends Socket {
  readonly #path: string;

  constructor(fd: number, path: string) {
    super({ fd, readable: false, writable: true });
    this.#path = path;
  }

  override _final(callback: (error?: Error | null) => void): void {
    // The child removes the FIFOs when all three are open
    // (docs/reference/fork-protocol.md#the-directory-of-pipes).
    if (existsSync(this.#path) && !this.destroyed)
      setTimeout(() => this._final(callback), connectedLookMs).unref();
    else super._final(callback);
  }
}

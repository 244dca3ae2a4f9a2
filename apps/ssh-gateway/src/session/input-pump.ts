import type { Readable, Writable } from 'node:stream';
import { BranchWatch } from './branch-watch.ts';

/** Carries the client's data, and its end of file, to the child's stdin. */
export class InputPump {
  readonly #source: Readable;
  readonly #stdin: Writable;
  readonly #branches = new BranchWatch();
  #bytes = 0;
  #closed = false;

  /** `stdin` may be ended at any time: see ChildPipes. */
  constructor(source: Readable, stdin: Writable) {
    this.#source = source;
    this.#stdin = stdin;
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    source.once('end', () => this.#finish());
    stdin.on('drain', () => source.resume());
    // The child no longer reads. The client does not learn that, as with a shell pipe, but it must
    // not block on us either.
    stdin.on('error', () => this.destroy());
  }

  /** Bytes the client sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first branch the client named, or null. */
  get branch(): string | null {
    return this.#branches.branch;
  }

  /** The client has gone: give the child the data that had arrived, and then the end of file. */
  detach(): void {
    this.#source.pause();
    const rest = this.#source.read() as Buffer | null;
    if (rest !== null) this.#take(rest);
    this.#finish();
    this.#source.resume();
  }

  /**
   * The child has gone. Read and discard what the client still sends: a channel that is not read
   * does not close.
   */
  destroy(): void {
    this.#closed = true;
    this.#stdin.destroy();
    this.#source.resume();
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#branches.take(chunk);
    if (this.#closed) return;
    if (!this.#stdin.write(chunk)) this.#source.pause();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stdin.end();
  }
}

import type { Readable, Writable } from 'node:stream';
import { BranchWatch } from './branch-watch.ts';

/** Carries what the client sends to the child's stdin, and its end of file too. */
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
    // The child reads no more. The client is not told, just as a shell's pipe would not, but must
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

  /** The client has gone: the child still gets what had arrived, and then the end of file. */
  detach(): void {
    this.#source.pause();
    const rest = this.#source.read() as Buffer | null;
    if (rest !== null) this.#take(rest);
    this.#finish();
    this.#source.resume();
  }

  /**
   * The child has gone. What the client still sends is read for nobody, for a channel that is not
   * read does not close.
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

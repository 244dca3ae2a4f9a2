/**
 * Buffers incoming bytes, up to a capacity. It copies what it is given, because a socket may reuse
 * its chunk.
 */
export class ByteBuffer {
  readonly #bytesMax: number;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#length;
  }

  /** How many bytes may still be appended. */
  get room(): number {
    return this.#bytesMax - this.#length;
  }

  append(bytes: Uint8Array): void {
    // The caller decides what to do with too many bytes; holding them here would be a mistake.
    if (bytes.length > this.room)
      throw new RangeError(`${bytes.length} bytes where ${this.room} fit`);
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** Index of the first `byte` at or after `from`, or -1. */
  indexOf(byte: number, from: number): number {
    return this.view().indexOf(byte, from);
  }

  /** A view, not a copy: good until the next append or clear. */
  view(start = 0, end = this.#length): Uint8Array {
    return this.#bytes.subarray(start, Math.min(end, this.#length));
  }

  /** Empties the buffer and frees its memory. */
  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }

  #grow(length: number): void {
    // Doubling keeps a request that comes one byte at a time linear in its length.
    const grown = new Uint8Array(
      Math.max(length, 64, Math.min(this.#bytes.length * 2, this.#bytesMax)),
    );
    grown.set(this.view());
    this.#bytes = grown;
  }
}

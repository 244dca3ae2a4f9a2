import { ByteBuffer } from './byte-buffer.ts';
import { newline, withoutCarriageReturn } from './line.ts';
import { encodeUtf8 } from './utf8.ts';

const forkEnvVerb = encodeUtf8('fork-env ');
const endLine = encodeUtf8('end');

/**
 * Finds where a request ends: at its first line, or for `fork-env` at the first later line that is
 * exactly `end`. Launchpad's service looked whether everything so far ended in "end\n", and so took
 * a value such as "The end" for the end of the request; this compares whole lines.
 */
export class RequestFrame {
  readonly #buffer: ByteBuffer;
  #lineStart = 0;
  #linesContinue = false;

  constructor(bytesMax: number) {
    this.#buffer = new ByteBuffer(bytesMax);
  }

  get length(): number {
    return this.#buffer.length;
  }

  /** How many more bytes the request may have. */
  get room(): number {
    return this.#buffer.room;
  }

  /**
   * Takes more bytes, at most as many as there is room for. Returns the whole request with its line
   * ends once it is complete, else null.
   */
  add(bytes: Uint8Array): Uint8Array | null {
    const from = this.#buffer.length;
    this.#buffer.append(bytes);
    for (
      let at = this.#buffer.indexOf(newline, from);
      at !== -1;
      at = this.#buffer.indexOf(newline, at + 1)
    ) {
      const line = withoutCarriageReturn(this.#buffer.view(this.#lineStart, at));
      if (this.#isLast(line)) return this.#buffer.view(0, at + 1);
      this.#lineStart = at + 1;
      this.#linesContinue = true;
    }
    return null;
  }

  /** Frees the bytes. */
  clear(): void {
    this.#buffer.clear();
  }

  #isLast(line: Uint8Array): boolean {
    return this.#linesContinue
      ? equal(line, endLine)
      : !equal(line.subarray(0, forkEnvVerb.length), forkEnvVerb);
  }
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

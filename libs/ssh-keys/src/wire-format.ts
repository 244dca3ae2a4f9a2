/**
 * The bytes are malformed; the message is the reason where the reader gave one. The function that
 * began reading catches it.
 */
export class WireError extends Error {}

/**
 * Reads the data types of RFC 4251 5 one after the other and checks that enough bytes are left for
 * each.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  uint64(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  bytes(): Buffer {
    return this.#take(this.uint32());
  }

  /** A string of printable ASCII bytes, such as the name of an algorithm. */
  name(): string {
    const text = this.bytes().toString('latin1');
    return /^[\x21-\x7e]*$/.test(text) ? text : this.fail();
  }

  /** A string of valid UTF-8. */
  text(): string {
    try {
      return utf8.decode(this.bytes());
    } catch {
      return this.fail();
    }
  }

  /**
   * A positive integer, without the leading zeros that RFC 4251 forbids but some programs write.
   */
  positiveInteger(): Buffer {
    const bytes = this.bytes();
    let start = 0;
    while (bytes[start] === 0) start++;
    const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
    return isNegative || start === bytes.length ? this.fail() : bytes.subarray(start);
  }

  /** All strings up to the end. */
  restAsStrings(): Buffer[] {
    const strings: Buffer[] = [];
    while (!this.isAtEnd) strings.push(this.bytes());
    return strings;
  }

  /** Stops reading. `reason` is for {@link tryWire}. */
  fail(reason = ''): never {
    throw new WireError(reason);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) this.fail();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The result of `read`, which must consume all of the bytes; null when they are malformed or some
 * are left over. Bytes from a peer never make it throw.
 */
export function readWire<T>(bytes: Buffer, read: (reader: WireReader) => T): T | null {
  const result = tryWire(bytes, read);
  return result instanceof WireError ? null : result;
}

/** As {@link readWire}, but returns the error instead of null. */
export function tryWire<T>(bytes: Buffer, read: (reader: WireReader) => T): T | WireError {
  const reader = new WireReader(bytes);
  try {
    const result = read(reader);
    return reader.isAtEnd ? result : new WireError();
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

/** A string of RFC 4251 5: its length, then its bytes. */
export function wireString(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([wireUint32(bytes.length), bytes]);
}

/** Four bytes, the most significant first. */
export function wireUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

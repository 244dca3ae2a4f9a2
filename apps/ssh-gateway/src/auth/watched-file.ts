import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** A file that was read, and what its text came to. */
interface Reading<T> {
  readonly version: string;
  readonly value: T;
}

/** Why a file cannot be what it should be, though the disk works. */
export class UnfitFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnfitFileError';
  }
}

/** A file looked at afresh at each question, and parsed again only when it has changed. */
export class WatchedFile<T> {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #parse: (contents: Buffer) => T;
  #reading: Reading<T> | null = null;

  /** What `parse` throws is thrown at each question until the file changes for the better. */
  constructor(path: string, bytesMax: number, parse: (contents: Buffer) => T) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#parse = parse;
  }

  /** Null when there is no such file. @throws {UnfitFileError} for a directory, a FIFO, too many bytes, or when anybody may write it; the system's error when the disk fails */
  async read(): Promise<T | null> {
    let handle: FileHandle;
    try {
      // O_NONBLOCK: a FIFO with this name would otherwise hold a thread of Node's pool for ever.
      handle = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (!isAbsence(error)) throw error;
      this.#reading = null;
      return null;
    }
    try {
      return await this.#readFrom(handle);
    } finally {
      await handle.close();
    }
  }

  async #readFrom(handle: FileHandle): Promise<T> {
    const stat = await handle.stat({ bigint: true });
    const version = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    if (this.#reading?.version === version) return this.#reading.value;
    if (!stat.isFile()) throw new UnfitFileError('it is not a file');
    // Whoever may write it says who gets in (sshd_config(5) StrictModes).
    if ((stat.mode & 0o002n) !== 0n) throw new UnfitFileError('anybody may write it');
    if (stat.size > this.#bytesMax) throw new UnfitFileError(`it is longer than ${this.#bytesMax} bytes`);
    const value = this.#parse(await handle.readFile());
    this.#reading = { version, value };
    return value;
  }
}

function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { linkToNothing, objectionToFile, whyUnreadable } from '@hatchery/ssh-keys';

/** A file that was read, with its parsed text. */
interface Reading<T> {
  readonly version: string;
  /** A hash of its bytes. */
  readonly digest: string;
  /** True when it was old enough for its times to reveal any later change. */
  readonly isSettled: boolean;
  readonly value: T;
}

/**
 * A change this soon before a reading may carry the same times as the change before it, because
 * file systems count time in ticks. So the next question reuses a reading only when the file was
 * older than this. git calls such entries racily clean. Milliseconds; two seconds is FAT's tick.
 */
const tickMsMax = 2_000;

/**
 * Why a file cannot be used. `code` is the system's, such as `EACCES`, when it refused to read the
 * file.
 */
export class UnfitFileError extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnfitFileError';
    this.code = code;
  }
}

/** Errors that say nothing about one file: this process or host can open no file now (open(2)). */
const shortages = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** A file that is checked at each question, and parsed again only when it has changed. */
export class WatchedFile<T> {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #parse: (contents: Buffer) => T;
  #reading: Reading<T> | null = null;

  /** If `parse` throws, each question throws the same until the file is repaired. */
  constructor(path: string, bytesMax: number, parse: (contents: Buffer) => T) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#parse = parse;
  }

  /**
   * Null when there is no such file. Opening never waits, whatever kind of file it is.
   * @throws {UnfitFileError} for a file that cannot be read or used: a directory, a FIFO, a link to
   * nothing, another user's, too many bytes, or writable by anybody; the system's error when no
   * file could be opened now
   */
  async read(): Promise<T | null> {
    let handle: FileHandle;
    try {
      // O_NONBLOCK: otherwise a FIFO with this name would block a thread of Node's pool for ever.
      handle = await open(
        this.#path,
        constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
      );
    } catch (error) {
      return this.#withoutFile(error as NodeJS.ErrnoException);
    }
    try {
      return await this.#readFrom(handle);
    } catch (error) {
      throw unfit(error as NodeJS.ErrnoException);
    } finally {
      await handle.close();
    }
  }

  /**
   * Looks at the name itself for every user, so that a known user costs the same time as a
   * stranger.
   */
  async #withoutFile(error: NodeJS.ErrnoException): Promise<null> {
    this.#reading = null;
    if (!isAbsence(error)) throw unfit(error);
    const isLink = await lstat(this.#path).then(
      () => true,
      () => false,
    );
    if (isLink && error.code === 'ENOENT') throw new UnfitFileError(linkToNothing, 'ENOENT');
    return null;
  }

  async #readFrom(handle: FileHandle): Promise<T> {
    const nowMs = Date.now();
    const stat = await handle.stat({ bigint: true });
    const version = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    const before = this.#reading;
    if (before?.version === version && before.isSettled) return before.value;
    const objection = objectionToFile(stat, this.#bytesMax);
    if (objection !== null) throw new UnfitFileError(objection);
    const contents = await readBytes(handle, Number(stat.size));
    const digest = createHash('sha256').update(contents).digest('hex');
    const value = before?.digest === digest ? before.value : this.#parse(contents);
    const isSettled = Math.abs(nowMs - Number(stat.ctimeMs)) > tickMsMax;
    this.#reading = { version, digest, isSettled, value };
    return value;
  }
}

/**
 * Reads the size it had when it was checked: a file that grows meanwhile is read again at the next
 * question.
 */
async function readBytes(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size);
  for (let length = 0; ;) {
    const { bytesRead } = await handle.read(buffer, length, size - length, length);
    length += bytesRead;
    if (bytesRead === 0 || length === size) return buffer.subarray(0, length);
  }
}

/**
 * An error about this file alone becomes an UnfitFileError. An error that keeps this process from
 * opening any file, or that `parse` throws, is passed on unchanged.
 */
function unfit(error: NodeJS.ErrnoException): Error {
  const { code, syscall } = error;
  if (
    error instanceof UnfitFileError ||
    syscall === undefined ||
    code === undefined ||
    shortages.has(code)
  )
    return error;
  return new UnfitFileError(whyUnreadable(code), code, { cause: error });
}

function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

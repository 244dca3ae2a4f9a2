import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { modes, openFile } from '@hatchery/daemon';
import type { Event } from '@hatchery/events';
import { encodeRecord } from './record.ts';
import { unfinishedName, type Segment, type SegmentHeader } from './segments.ts';

/**
 * Appends to one segment. What it has taken is in the kernel's hands, so that no death of ours
 * loses it.
 */
export class SegmentWriter {
  readonly path: string;
  readonly #fd: number;
  #bytes: number;
  #events: number;
  #dirty = false;

  private constructor(path: string, fd: number, bytes: number, events: number) {
    this.path = path;
    this.#fd = fd;
    this.#bytes = bytes;
    this.#events = events;
  }

  /**
   * Goes on behind the whole records of a segment. @throws the system error of open(2) or
   * ftruncate(2)
   */
  static reopen({ path, bytes, events }: Segment): SegmentWriter {
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, bytes);
    return new SegmentWriter(path, fd, bytes, events.length);
  }

  /**
   * Makes a segment that is there whole, with its header and events, or not at all. @throws the
   * system error of write(2)
   */
  static create(path: string, header: SegmentHeader, events: readonly Event[]): SegmentWriter {
    const unfinished = unfinishedName(path);
    const fd = openFile(unfinished, 'w', modes.secretFile);
    try {
      const writer = new SegmentWriter(path, fd, 0, 0);
      writer.#write(Buffer.concat([header, ...events].map(encodeRecord)));
      writer.#events = events.length;
      renameSync(unfinished, path);
      return writer;
    } catch (error) {
      closeSync(fd);
      rmSync(unfinished, { force: true });
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  get events(): number {
    return this.#events;
  }

  /** @throws the system error of write(2); the segment is then as it was before */
  append(event: Event): void {
    this.#write(encodeRecord(event));
    this.#events += 1;
  }

  /**
   * Starts to bring what was written to the disk, once for all of it. `failed` is called when the
   * disk did not take it.
   */
  sync(failed: (error: Error) => void): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    fdatasync(this.#fd, (error) => (error === null ? undefined : failed(error)));
  }

  close(): void {
    try {
      if (this.#dirty) fdatasyncSync(this.#fd);
    } finally {
      closeSync(this.#fd);
    }
  }

  /** At a position of our own, so that what a failed write left is written over. */
  #write(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#bytes + done);
      }
    } catch (error) {
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
    this.#bytes += bytes.length;
    this.#dirty = true;
  }
}

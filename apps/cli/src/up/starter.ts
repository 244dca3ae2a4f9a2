import { closeSync, fstatSync, writeSync } from 'node:fs';
import { UsageError } from '../command.ts';
import type { StartOutcome } from './ready.ts';

/**
 * Whoever has started this process and waits at `--ready-fd` for what comes of it: one outcome, and
 * before it any number of lines on the way.
 */
export class Starter {
  #fd: number | null;

  private constructor(fd: number | null) {
    this.#fd = fd;
  }

  /** Nobody without the option. @throws {UsageError} for what is no open descriptor */
  static from(option: string | boolean | undefined): Starter {
    if (option === undefined) return new Starter(null);
    const fd = Number(option);
    if (!Number.isInteger(fd) || fd < 3 || !isOpen(fd))
      throw new UsageError(`--ready-fd takes an open descriptor above 2, not '${String(option)}'`);
    return new Starter(fd);
  }

  /** Whether anybody still waits for the outcome. */
  get waits(): boolean {
    return this.#fd !== null;
  }

  /** What a start that takes over is at. Whoever has gone does not hear it. */
  progress(message: string): void {
    if (this.#fd !== null) this.#write({ event: 'progress', message }, this.#fd);
  }

  /**
   * The outcome, once: what comes after it is not told here. @throws when whoever waited is gone
   */
  tell(outcome: StartOutcome): void {
    const fd = this.#fd;
    if (fd === null) return;
    this.#fd = null;
    const isTold = this.#write(outcome, fd);
    closeSync(fd);
    if (!isTold) throw new Error('whoever started it waits no longer');
  }

  /**
   * The outcome of a start that has failed, or nothing after another outcome; nobody need hear it.
   */
  fail(message: string): void {
    try {
      this.tell({ event: 'failed', message });
    } catch {
      // Our own log has it too.
    }
  }

  /** False when nobody reads. */
  #write(line: object, fd: number): boolean {
    try {
      writeSync(fd, `${JSON.stringify(line)}\n`);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false;
      throw error;
    }
  }
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

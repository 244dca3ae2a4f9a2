import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import {
  logBusyRetryMs,
  logBytesWaitingMax,
  logFailedRetryMs,
  logFlushMsMax,
  logWriteBytesMax,
} from './limits.ts';

/** What has become of a log. */
export interface LogHealth {
  /** Lines that were never written, since the start. */
  readonly lostLines: number;
  /**
   * Why nothing is written now, as `ENOSPC`; null when everything is, or waits for its reader only.
   */
  readonly problem: string | null;
}

/**
 * Hears that a log is written again, how many lines were lost before, and why (`EAGAIN`: its reader
 * was too slow).
 */
export type LogRegained = (lostLines: number, problem: string) => void;

/**
 * The log of a process on a descriptor. Writing neither waits nor fails: what the descriptor does
 * not take waits in memory, within a bound; what comes when that is full is counted as lost until
 * all that waits is written.
 *
 * A pipe or socket is written at once, so that the lines before a crash are out. A write to a file
 * can hang with its disk, and is left to another thread. Pino's own destination serves neither: its
 * synchronous form blocks, and the other one never returns from `flushSync` when a disk is full.
 */
export class LogOutput {
  readonly #fd: number;
  readonly #door: Door | null;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** What another thread writes at the moment: the first that waits. */
  #isWriting = false;
  #retry: NodeJS.Timeout | null = null;
  #lostNow = 0;
  #lostBefore = 0;
  #problem: string | null = null;
  regained: LogRegained = () => undefined;

  /** `fd` stays the caller's. */
  constructor(fd: number) {
    this.#door = openDoor(fd);
    this.#fd = this.#door?.fd ?? fd;
  }

  get health(): LogHealth {
    const problem = this.#problem === 'EAGAIN' ? null : this.#problem;
    return { lostLines: this.#lostBefore + this.#lostNow, problem };
  }

  /** Takes whole lines. Never throws. */
  write(text: string | Uint8Array): void {
    const lines = typeof text === 'string' ? Buffer.from(text) : Buffer.copyBytesFrom(text);
    if (this.#lostNow > 0 || this.#waitingBytes + lines.length > logBytesWaitingMax) {
      this.#lostNow += countLines(lines);
      return;
    }
    this.#waiting.push(lines);
    this.#waitingBytes += lines.length;
    if (this.#retry === null && !this.#isWriting) this.#writeOn();
  }

  /**
   * For the end of the process: writes what waits as far as it is taken within {@link
   * logFlushMsMax}.
   */
  flushSync(): void {
    const deadline = performance.now() + logFlushMsMax;
    // What another thread has begun with comes to its end with the process.
    const begun = this.#isWriting ? this.#waiting.splice(0, 1) : [];
    while (this.#writeNow() === 'EAGAIN' && performance.now() < deadline) sleep(logBusyRetryMs);
    this.#waiting.unshift(...begun);
  }

  #writeOn(): void {
    if (this.#door !== null) this.#settle(this.#writeNow());
    else this.#writeApart();
  }

  /** Why it stopped, or null when nothing waits any more. */
  #writeNow(): string | null {
    try {
      for (let next = this.#next(); next !== null; next = this.#next()) {
        this.#door?.unblock();
        this.#took(writeSync(this.#fd, next));
      }
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  }

  #writeApart(): void {
    const next = this.#next();
    if (next === null) return this.#settle(null);
    this.#isWriting = true;
    write(this.#fd, next, (error, bytes) => {
      this.#isWriting = false;
      if (error !== null) return this.#settle(error.code ?? 'unknown');
      this.#took(bytes);
      this.#writeApart();
    });
  }

  #next(): Buffer | null {
    const [first] = this.#waiting;
    if (first === undefined || this.#waiting.length === 1) return first ?? null;
    let bytes = 0;
    const count = this.#waiting.findIndex(({ length }) => (bytes += length) > logWriteBytesMax);
    const together = Buffer.concat(
      this.#waiting.splice(0, count === -1 ? this.#waiting.length : Math.max(count, 1)),
    );
    this.#waiting.unshift(together);
    return together;
  }

  #took(bytes: number): void {
    const first = this.#waiting.shift();
    if (first !== undefined && bytes < first.length) this.#waiting.unshift(first.subarray(bytes));
    this.#waitingBytes -= bytes;
  }

  #settle(problem: string | null): void {
    if (problem !== null) {
      this.#problem = problem;
      this.#tryAgain(problem === 'EAGAIN' ? logBusyRetryMs : logFailedRetryMs);
      return;
    }
    const [lost, reason] = [this.#lostNow, this.#problem ?? 'EAGAIN'];
    this.#lostBefore += lost;
    this.#lostNow = 0;
    this.#problem = null;
    if (lost > 0) this.regained(lost, reason);
  }

  /** Keeps nobody from the end: what waits then is flushed. */
  #tryAgain(ms: number): void {
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#writeOn();
    }, ms).unref();
  }
}

const ofThisProcess = new Map<number, LogOutput>();

/** The log on descriptor 2, flushed at the end of the process. */
export function standardError(): LogOutput {
  return standardStream(2);
}

/** Descriptor 1 for a service that goes on whether or not anybody reads it; flushed as well. */
export function standardOutput(): LogOutput {
  return standardStream(1);
}

function standardStream(fd: number): LogOutput {
  const known = ofThisProcess.get(fd);
  if (known !== undefined) return known;
  const output = new LogOutput(fd);
  process.on('exit', () => output.flushSync());
  ofThisProcess.set(fd, output);
  return output;
}

/** How a descriptor is written without waiting. */
interface Door {
  readonly fd: number;
  /** Called before each write(2). */
  readonly unblock: () => void;
}

/** Null when only another thread can wait for it, as for a file. */
function openDoor(fd: number): Door | null {
  const kind = fstatSync(fd);
  if (kind.isFIFO() || kind.isSocket()) return doorOfLibuv(fd);
  try {
    // Opened once more: whoever shares the descriptor would notice the other mode.
    return isatty(fd)
      ? {
          fd: openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK),
          unblock: () => undefined,
        }
      : null;
  } catch {
    // The terminal of somebody else, as after su(1).
    return null;
  }
}

/**
 * Only libuv can set the mode of a pipe or socket, and each process that is started with it as its
 * own stderr sets it back for all who share it (uv__process_child_init).
 */
function doorOfLibuv(fd: number): Door | null {
  const stream = fd === 1 ? process.stdout : fd === 2 ? process.stderr : null;
  const handle = (stream as { _handle?: { setBlocking?: (on: boolean) => number } } | null)
    ?._handle;
  return handle?.setBlocking === undefined
    ? null
    : { fd, unblock: () => void handle.setBlocking?.(false) };
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf('\n'); at !== -1; at = lines.indexOf('\n', at + 1)) count += 1;
  return Math.max(count, 1);
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

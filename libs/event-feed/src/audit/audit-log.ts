import { closeSync, fdatasync, fdatasyncSync, fstatSync, writeSync } from 'node:fs';
import { giveToOwnerAbove, makeOwnedDirectory, modes, openFile } from '@hatchery/daemon';
import { withVersion } from '@hatchery/formats';
import type { AuditBody, AuditEntry } from './audit-entry.ts';
import { hourOf, hourPath, removeOldHours } from './hours.ts';
import { auditHourBytesMax, auditSyncMs, refusalsPerMinuteMax } from './limits.ts';

/** What an {@link AuditLog} needs from outside. */
export interface AuditLogOptions {
  readonly directory: string;
  /** Who writes, as `ssh-gateway`. */
  readonly part: string;
  readonly now: () => Date;
  /** Entries do not get to the disk: told once, until one does again. */
  readonly failed: (error: Error) => void;
  /** Of one hour's file. */
  readonly hourBytesMax?: number;
}

/**
 * Who was let in, who was not, what was done: one line of JSON each, appended in one write, so that
 * two runs of a part that overlap do not mix theirs. A disk that takes no more stops nobody; the
 * entries it did not take are counted, and told when it takes one again.
 */
export class AuditLog implements Disposable {
  readonly #options: AuditLogOptions;
  readonly #syncing: NodeJS.Timeout;
  #hour = '';
  #file: number | null = null;
  /** Of the hour's file: ours, and as of the last look those of another run of the part. */
  #bytes = 0;
  #dirty = false;
  /** The last write failed, perhaps in the middle of a line. */
  #torn = false;
  #lost = 0;
  #lostBy = '';
  #minute = '';
  #refusals = 0;
  #isDisposed = false;

  /** @throws the system error when the directory cannot be made or written */
  constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#open(hourOf(options.now()));
    this.#syncing = setInterval(() => this.#sync(), auditSyncMs).unref();
  }

  /** Writes one entry. Never throws. Nothing comes after the end of its owner. */
  append(body: AuditBody): void {
    if (this.#isDisposed) return;
    const at = this.#options.now().toISOString();
    this.#beginMinute(at);
    if (isRefusal(body) && ++this.#refusals > refusalsPerMinuteMax) return;
    this.#write(body, at);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#syncing);
    this.#tellUnkept(this.#options.now().toISOString());
    this.#close();
    this.#isDisposed = true;
  }

  #beginMinute(at: string): void {
    const minute = at.slice(0, 16);
    if (minute === this.#minute) return;
    this.#tellUnkept(at);
    this.#minute = minute;
    this.#refusals = 0;
  }

  #tellUnkept(at: string): void {
    const count = this.#refusals - refusalsPerMinuteMax;
    if (count > 0)
      this.#write({ kind: 'audit.missing', count, reason: 'too many refusals in a minute' }, at);
    this.#refusals = 0;
  }

  #write(body: AuditBody, at: string): void {
    try {
      this.#open(at.slice(0, 13));
      const lost = this.#lost;
      if (lost > 0) this.#put({ kind: 'audit.missing', count: lost, reason: this.#lostBy }, at);
      this.#lost -= lost;
      this.#put(body, at);
    } catch (error) {
      if (this.#lost === 0) this.#options.failed(error as Error);
      this.#lost += 1;
      this.#lostBy = error instanceof HourFullError ? error.message : 'the disk did not take them';
    }
  }

  #put(body: AuditBody, at: string): void {
    const entry: AuditEntry = { at, part: this.#options.part, ...body };
    // What a failed write may have left ends here, and is no entry.
    const json = JSON.stringify(withVersion('audit', entry));
    const line = Buffer.from(`${this.#torn ? '\n' : ''}${json}\n`);
    const { hourBytesMax = auditHourBytesMax } = this.#options;
    if (this.#bytes + line.length > hourBytesMax) throw new HourFullError('too much in an hour');
    this.#torn = true;
    const written = writeSync(this.#file as number, line);
    if (written !== line.length)
      throw new Error(`the disk took ${written} of ${line.length} bytes`);
    this.#torn = false;
    this.#bytes += written;
    this.#dirty = true;
  }

  #open(hour: string): void {
    if (hour === this.#hour && this.#file !== null) return;
    const { directory, part, now } = this.#options;
    // Also when somebody has taken it away meanwhile.
    makeOwnedDirectory(directory, modes.secretDirectory);
    removeOldHours(directory, now());
    const path = hourPath(directory, part, hour);
    const next = openFile(path, 'a', modes.secretFile);
    // A command that root runs writes for the service's user to read.
    giveToOwnerAbove(next, path);
    this.#close();
    this.#file = next;
    this.#hour = hour;
    this.#bytes = fstatSync(next).size;
    this.#torn = false;
  }

  #sync(): void {
    const file = this.#file;
    if (!this.#dirty || file === null) return;
    this.#dirty = false;
    this.#bytes = fstatSync(file).size;
    fdatasync(file, (error) => {
      if (error !== null && this.#file === file) this.#options.failed(error);
    });
  }

  /** The last entries of an hour are as safe as the others, for the milliseconds that takes. */
  #close(): void {
    if (this.#file === null) return;
    try {
      if (this.#dirty) fdatasyncSync(this.#file);
    } catch (error) {
      this.#options.failed(error as Error);
    }
    closeSync(this.#file);
    this.#file = null;
    this.#dirty = false;
  }
}

class HourFullError extends Error {}

/** What anybody may cause as often as they like. */
function isRefusal({ kind }: AuditBody): boolean {
  return kind.endsWith('.refused') || kind === 'session.failed';
}

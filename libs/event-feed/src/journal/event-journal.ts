import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories, modes } from '@hatchery/daemon';
import { emptyView, type Event, type View } from '@hatchery/events';
import { withVersion } from '@hatchery/formats';
import {
  retryMs,
  segmentBytesMax,
  segmentEventsMax,
  segmentsKeptMax,
  syncMs,
  unwrittenEventsMax,
} from './limits.ts';
import { recover, type Recovered, type Recovery } from './recover.ts';
import { SegmentWriter } from './segment-writer.ts';
import {
  behindName,
  listSegments,
  readSegments,
  removeUnfinished,
  segmentName,
  wholeName,
} from './segments.ts';

/** What an {@link EventJournal} tells its owner. Nothing of it stops the publisher. */
export interface JournalListener {
  /** Events wait in memory, for the log cannot be written. */
  suspended(error: Error): void;
  /**
   * The log is written again. `missing` events came on top of what memory holds, and are not in it.
   */
  resumed(missing: number): void;
  /** What was written has not reached the disk; a power cut would lose it. */
  unsynced(error: Error): void;
  /**
   * It cannot be known that the log is all there, and why: a new epoch begins, and readers get a
   * snapshot.
   */
  epochEnded(why: string): void;
}

/** What an {@link EventJournal} needs from outside. */
export interface JournalOptions {
  /** Where it alone writes. */
  readonly directory: string;
  /** The epoch of a log that begins anew. */
  readonly newEpoch: string;
  readonly listener: JournalListener;
  /** Sizes and waits for tests; the defaults stand in limits.ts. */
  readonly segmentEventsMax?: number;
  readonly unwrittenEventsMax?: number;
  readonly retryMs?: number;
}

/** What waits for a disk that takes no more. */
interface Unwritten {
  /** The event number and the view before the first of them. */
  readonly seq: number;
  readonly before: View;
  readonly events: Event[];
  readonly missing: number;
}

/**
 * The events of a publisher on disk, so that its epoch and numbers outlive it. They stand in a
 * bounded number of segments, each with a header that says all that came before it; the oldest goes
 * when a new one starts.
 *
 * An event is written before anybody is told of it, and synced within a second: a killed publisher
 * loses nothing, a power cut the last second, after which the epoch has ended and readers start
 * from a snapshot. A disk that takes no more stops nobody: events wait in memory, and the last
 * segment is renamed, so that a successor knows of them.
 */
export class EventJournal implements Disposable {
  readonly recovered: Recovered;
  readonly #options: JournalOptions;
  readonly #boot: string;
  readonly #epoch: string;
  readonly #timers: readonly NodeJS.Timeout[];
  #writer: SegmentWriter | null = null;
  #unwritten: Unwritten | null = null;

  /** Reads what is there. @throws the system error when the directory cannot be made or read */
  constructor(options: JournalOptions) {
    const { directory, listener, newEpoch } = options;
    this.#options = options;
    makeDirectories(directory, modes.secretDirectory);
    this.#boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    removeUnfinished(directory);
    const segments = readSegments(directory);
    const recovery = segments.length === 0 ? null : recover(segments, this.#boot);
    if (recovery?.kind === 'ended') listener.epochEnded(recovery.why);
    this.recovered =
      recovery?.kind === 'continued' ? recovery.recovered : beginAnew(recovery, newEpoch);
    this.#epoch = this.recovered.epoch;
    this.#open(recovery);
    this.#timers = [
      setInterval(() => this.#resume(), options.retryMs ?? retryMs).unref(),
      setInterval(() => this.#writer?.sync((error) => listener.unsynced(error)), syncMs).unref(),
    ];
  }

  /** False while events wait for the disk. */
  get isWriting(): boolean {
    return this.#unwritten === null;
  }

  /** Takes one event; `before` is what everything before it comes to. Never throws. */
  append(event: Event, before: View): void {
    if (this.#unwritten !== null) {
      this.#unwritten = this.#withOneMore(this.#unwritten, event, before);
      return;
    }
    try {
      if (this.#isFull()) this.#startSegment(event.seq - 1, before, []);
      this.#writer?.append(event);
    } catch (error) {
      this.#suspend(error as Error, { seq: event.seq - 1, before, events: [event], missing: 0 });
    }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#resume();
    this.#closeWriter();
  }

  #open(recovery: Recovery | null): void {
    const { seq, view } = this.recovered;
    try {
      if (recovery?.kind === 'continued') this.#writer = SegmentWriter.reopen(recovery.last);
      else this.#startSegment(seq, view, []);
    } catch (error) {
      this.#suspend(error as Error, { seq, before: view, events: [], missing: 0 });
    }
  }

  #isFull(): boolean {
    if (this.#writer === null) return true;
    const { events, bytes } = this.#writer;
    return (
      events >= (this.#options.segmentEventsMax ?? segmentEventsMax) || bytes >= segmentBytesMax
    );
  }

  #startSegment(seq: number, view: View, events: readonly Event[]): void {
    const { directory } = this.#options;
    const own = { epoch: this.#epoch, boot: this.#boot, seq, view };
    const header = withVersion('journal', own);
    const next = SegmentWriter.create(join(directory, segmentName(seq)), header, events);
    this.#closeWriter();
    this.#writer = next;
    for (const path of listSegments(directory).slice(0, -segmentsKeptMax)) rmSync(path);
  }

  #suspend(error: Error, unwritten: Unwritten): void {
    this.#unwritten = unwritten;
    this.#options.listener.suspended(error);
    this.#closeWriter();
    this.#renameAll(listSegments(this.#options.directory).slice(-1), behindName);
  }

  #withOneMore(waiting: Unwritten, event: Event, before: View): Unwritten {
    const { events, missing } = waiting;
    if (events.length < (this.#options.unwrittenEventsMax ?? unwrittenEventsMax)) {
      events.push(event);
      return waiting;
    }
    return { seq: event.seq - 1, before, events: [event], missing: missing + events.length };
  }

  #resume(): void {
    if (this.#unwritten === null) return;
    const { seq, before, events, missing } = this.#unwritten;
    try {
      this.#startSegment(seq, before, events);
    } catch {
      return; // It has been told that the log cannot be written; it still cannot.
    }
    this.#unwritten = null;
    // They are a part of the whole log again.
    this.#renameAll(listSegments(this.#options.directory), wholeName);
    this.#options.listener.resumed(missing);
  }

  #renameAll(paths: readonly string[], newName: (path: string) => string): void {
    try {
      for (const path of paths) if (newName(path) !== path) renameSync(path, newName(path));
    } catch (error) {
      this.#options.listener.unsynced(error as Error);
    }
  }

  #closeWriter(): void {
    try {
      this.#writer?.close();
    } catch (error) {
      this.#options.listener.unsynced(error as Error);
    }
    this.#writer = null;
  }
}

function beginAnew(
  recovery: Extract<Recovery, { kind: 'ended' }> | null,
  epoch: string,
): Recovered {
  return { epoch, seq: recovery?.seq ?? 0, view: recovery?.view ?? emptyView, events: [] };
}

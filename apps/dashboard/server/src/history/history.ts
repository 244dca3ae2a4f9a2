// Long: every read and write of one database, each a few lines.
import { Worker } from 'node:worker_threads';
import {
  historyAnswerMsMax,
  historyBatchMs,
  historyBatchRecordsMax,
  historyQueriesMax,
  historyQueueMax,
  historyRetryMs,
} from '../limits.ts';
import type { Ask, DatabaseState, Told, WorkerOptions } from './messages.ts';
import type { Answers, Query } from './query.ts';
import type { HistoryRecord } from './record.ts';

/** The state of the history, for the Doctor page and the metrics. */
export interface HistoryState {
  /** Null while records reach the disk; otherwise why they do not. */
  readonly problem: string | null;
  /** Records that wait for the disk, and records dropped since the start. */
  readonly waiting: number;
  readonly lost: number;
  readonly bytes: number;
  readonly path: string;
  readonly movedAside: string | null;
}

/**
 * A query that cannot be answered now: the thread is not running, there are too many queries, or it
 * takes too long.
 */
export class HistoryError extends Error {
  readonly code = 'history_unavailable';
  readonly fault = 'system';
}

/**
 * Until the thread reports. Not a failure: records are kept meanwhile, and written as soon as it is
 * open.
 */
const notOpenYet = 'not open yet';

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: HistoryError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The past: sessions, locks, usage and the audit, in SQLite in a thread of its own. Writing never
 * blocks and never throws: records queue up while the disk is slow or full, and dropped ones are
 * counted and reported. A crash of this process loses the queue: {@link historyBatchMs} of events
 * when all is well.
 */
export class History implements AsyncDisposable {
  readonly #options: WorkerOptions;
  readonly #changed: (state: HistoryState) => void;
  readonly #questions = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #queue: HistoryRecord[] = [];
  #underWay: { readonly number: number; readonly records: readonly HistoryRecord[] } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #number = 0;
  #lost = 0;
  #problem: string | null = notOpenYet;
  #state: DatabaseState = { bytes: 0, movedAside: null };
  #stopping = false;
  /** Callers that wait until a record is on the disk. */
  #awaited: { readonly record: HistoryRecord; readonly settle: (written: boolean) => void }[] = [];

  /** Calls `changed` when {@link HistoryState.problem} changes. */
  constructor(options: WorkerOptions, changed: (state: HistoryState) => void) {
    this.#options = options;
    this.#changed = changed;
    this.#start();
  }

  get state(): HistoryState {
    const waiting = this.#queue.length + (this.#underWay?.records.length ?? 0);
    const { path } = this.#options;
    return { problem: this.#problem, waiting, lost: this.#lost, path, ...this.#state };
  }

  /** Takes records, to be written with the next batch. */
  keep(records: readonly HistoryRecord[]): void {
    this.#queue.push(...records);
    this.#giveUpSome();
    this.#schedule(historyBatchMs);
  }

  /**
   * Writes records at once. True when they are on the disk, false when that is not known within
   * `msMax`.
   */
  async keepNow(records: readonly HistoryRecord[], msMax: number): Promise<boolean> {
    this.#queue.push(...records);
    const record = this.#queue.at(-1) ?? this.#underWay?.records.at(-1);
    if (record === undefined) return true;
    if (this.#problem !== null && this.#problem !== notOpenYet) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const awaited = { record, settle: resolve };
    this.#awaited.push(awaited);
    this.#schedule(0);
    const timer = setTimeout(() => resolve(false), msMax);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#awaited = this.#awaited.filter((each) => each !== awaited);
    });
  }

  /** @throws {HistoryError} when no answer is possible now */
  ask<Q extends Query>(query: Q): Promise<Answers[Q['name']]> {
    const worker = this.#worker;
    if (worker === null)
      return Promise.reject(new HistoryError(`The history is not available: ${this.#problem}.`));
    if (this.#questions.size >= historyQueriesMax)
      return Promise.reject(
        new HistoryError('Too many questions to the history at once; try again.'),
      );
    const number = (this.#number += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#questions.delete(number);
        reject(
          new HistoryError(
            `No answer from the history within ${historyAnswerMsMax / 1_000} s; ask for less.`,
          ),
        );
      }, historyAnswerMsMax);
      this.#questions.set(number, { resolve: resolve as (answer: unknown) => void, reject, timer });
      this.#post({ type: 'query', number, query });
    });
  }

  /** Writes as much of the queue as a moment allows, and closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.keepNow([], historyAnswerMsMax);
    await this.#worker?.terminate();
    // Not earlier: a last message of the thread would set it again.
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#drop('the dashboard is stopping');
  }

  #start(): void {
    const worker = new Worker(new URL('./history-thread.ts', import.meta.url), {
      workerData: this.#options,
    });
    this.#worker = worker;
    worker.on('message', (told: Told) => this.#hear(told));
    // A thread that cannot open the file ends with the error. Try again, because disks get
    // repaired.
    worker.on('error', (error: Error) => {
      this.#worker = null;
      this.#drop(error.message);
      this.#settle(error.message);
      if (!this.#stopping)
        setTimeout(() => !this.#stopping && this.#start(), historyRetryMs).unref();
    });
  }

  #hear(told: Told): void {
    switch (told.type) {
      case 'opened':
        this.#state = told.state;
        this.#settle(null);
        return this.#schedule(0);
      case 'written':
        this.#state = told.state;
        this.#settle(null);
        this.#release(new Set(this.#underWay?.records));
        this.#underWay = null;
        if (this.#queue.length > 0) this.#schedule(this.#awaited.length > 0 ? 0 : historyBatchMs);
        return;
      case 'answer':
        return this.#take(told.number)?.resolve(told.answer);
      case 'failed': {
        if (told.number !== this.#underWay?.number)
          return this.#take(told.number)?.reject(
            new HistoryError(`The history failed: ${told.error}.`),
          );
        this.#queue = [...this.#underWay.records, ...this.#queue];
        this.#underWay = null;
        this.#giveUpSome();
        this.#settle(told.error);
        return this.#schedule(historyRetryMs);
      }
    }
  }

  #schedule(ms: number): void {
    if (this.#timer !== null && ms > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, ms);
  }

  #write(): void {
    if (this.#worker === null || this.#underWay !== null || this.#problem === notOpenYet) return;
    const number = (this.#number += 1);
    this.#underWay = { number, records: this.#queue.splice(0, historyBatchRecordsMax) };
    this.#post({ type: 'write', ...this.#underWay });
  }

  #post(ask: Ask): void {
    this.#worker?.postMessage(ask);
  }

  #release(written: ReadonlySet<HistoryRecord>): void {
    for (const each of this.#awaited) if (written.has(each.record)) each.settle(true);
    this.#awaited = this.#awaited.filter(({ record }) => !written.has(record));
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#questions.get(number);
    this.#questions.delete(number);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  /** The thread is gone: queries fail, and the batch under way is queued again. */
  #drop(why: string): void {
    this.#queue = [...(this.#underWay?.records ?? []), ...this.#queue];
    this.#underWay = null;
    for (const number of [...this.#questions.keys()])
      this.#take(number)?.reject(new HistoryError(`The history is not available: ${why}.`));
  }

  /** Drops usage first and the audit last. */
  #giveUpSome(): void {
    const excess = this.#queue.length - historyQueueMax;
    if (excess <= 0) return;
    const worth = (record: HistoryRecord): number =>
      record.type === 'usage' ? 0 : record.type === 'intent' || record.type === 'outcome' ? 2 : 1;
    // Drops many at once, so that a full queue is not sorted again for each record.
    const given = new Set(
      [...this.#queue]
        .sort((left, right) => worth(left) - worth(right))
        .slice(0, excess + historyBatchRecordsMax),
    );
    this.#queue = this.#queue.filter((record) => !given.has(record));
    this.#lost += given.size;
  }

  #settle(problem: string | null): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    // Tell callers that wait for the disk at once that it takes nothing.
    if (problem !== null) for (const each of this.#awaited.splice(0)) each.settle(false);
    this.#changed(this.state);
  }
}

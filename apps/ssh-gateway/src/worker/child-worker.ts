import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { PlaceDesk } from '../places/place-desk.ts';
import type { Tally } from '../places/tally.ts';
import type { WorkerContext } from './own-worker.ts';
import type { WorkerNews, WorkerOrder } from './messages.ts';
import type { WorkerReport } from './worker.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A worker whose loop is blocked answers late; until then its last report is as good. */
const reportDeadlineMs = 2_000;

const nothing: WorkerReport = { families: [], sessions: [], ready: 0, hindrance: null };

/** What a worker process tells goes here. */
export type Telling = Pick<WorkerContext, 'publish' | 'audit'> & { readonly tally: Tally };

/** One worker process, as the first process sees it. */
export class ChildWorker {
  /** Resolves when it can take connections; rejects with its reason when it never will. */
  readonly ready: Promise<void>;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  readonly #asked = new Map<number, (report: WorkerReport) => void>();
  #nextReport = 1;
  #lastReport = nothing;
  #isReady = false;

  constructor(start: Extract<WorkerOrder, { type: 'start' }>, { publish, audit, tally }: Telling) {
    const child = fork(program, ['--worker', 'yes'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process = child;
    const desk = new PlaceDesk(tally, (answer) => this.send(answer));
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    child.on('message', (news: WorkerNews) => {
      if (news.type === 'event') publish(news.event);
      else if (news.type === 'audit') audit(news.entry);
      else if (news.type === 'report') this.#take(news.id, news.report);
      else if (news.type === 'failed') ready.reject(new Error(news.message));
      else if (news.type === 'ready') ready.resolve(void (this.#isReady = true));
      else desk.take(news);
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#isReady = false;
        desk.close();
        ready.reject(new Error(`a worker process ended with ${how} before it was ready`));
        for (const answer of this.#asked.values()) answer(this.#lastReport);
        resolve(how);
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `exit ${code}`));
    });
    ready.promise.catch(() => {});
    this.send(start);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** The last that was heard of it. */
  get lastReport(): WorkerReport {
    return this.#lastReport;
  }

  /** `lost` is called when it cannot be told any more. */
  send(order: WorkerOrder, socket?: Socket, lost: () => void = () => {}): void {
    if (!this.#process.connected) return lost();
    this.#process.send(order, socket, {}, (error) => {
      if (error !== null) lost();
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  report(): Promise<WorkerReport> {
    const id = this.#nextReport++;
    const { promise, resolve } = Promise.withResolvers<WorkerReport>();
    const late = setTimeout(() => resolve(this.#lastReport), reportDeadlineMs);
    this.#asked.set(id, resolve);
    this.send({ type: 'report', id }, undefined, () => resolve(this.#lastReport));
    return promise.finally(() => {
      clearTimeout(late);
      this.#asked.delete(id);
    });
  }

  #take(id: number, report: WorkerReport): void {
    this.#lastReport = report;
    this.#asked.get(id)?.(report);
  }
}

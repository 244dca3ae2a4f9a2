import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { PlaceDesk } from '../places/place-desk.ts';
import type { Tally } from '../places/tally.ts';
import type { WorkerContext } from './own-worker.ts';
import type { WorkerNews, WorkerOrder } from './messages.ts';
import type { Whose } from './whose.ts';
import type { WorkerReport } from './worker.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A worker whose loop is blocked answers late; until then its last report is as good. */
const reportDeadlineMs = 2_000;

const nothing: WorkerReport = {
  families: [],
  sessions: [],
  connections: 0,
  ready: 0,
  hindrance: null,
};

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
  readonly #ending = new Map<number, (count: number | null) => void>();
  #nextReport = 1;
  #lastReport = nothing;
  #isReady = false;
  /**
   * Looks since it was last heard. Looks, not time: when it is we who were stopped, there was none.
   */
  #looksInVain = 0;
  /**
   * Connections that it has not been handed. One at a time is, so that the others can still go to
   * somebody else.
   */
  readonly #waiting: Socket[] = [];
  /**
   * Handed to it and not known to have arrived; our copies, for Node would lose its own with the
   * process.
   */
  readonly #underway = new Map<number, Socket>();
  #nextConnection = 1;

  constructor(start: Extract<WorkerOrder, { type: 'start' }>, { publish, audit, tally }: Telling) {
    const child = fork(program, ['--worker', 'yes'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process = child;
    const desk = new PlaceDesk(tally, (answer) => this.send(answer));
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    child.on('message', (news: WorkerNews) => {
      this.#looksInVain = 0;
      if (news.type === 'event') publish(news.event);
      else if (news.type === 'taken') this.#letGo(news.id);
      else if (news.type === 'audit') audit(news.entry);
      else if (news.type === 'report') this.#take(news.id, news.report);
      else if (news.type === 'disconnected') this.#ending.get(news.id)?.(news.count);
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
        // Its connections ended with it.
        for (const answer of this.#ending.values()) answer(0);
        for (const socket of this.#underway.values()) socket.destroy();
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

  /** How often it was looked at in vain, {@link look} being the look. */
  get looksInVain(): number {
    return this.#looksInVain;
  }

  /**
   * To be called before it is asked for a report. One that is not ready has a deadline elsewhere.
   */
  look(): void {
    if (this.#isReady) this.#looksInVain += 1;
  }

  /** `lost` is called when it cannot be told any more. */
  send(order: Exclude<WorkerOrder, { type: 'connection' }>, lost: () => void = () => {}): void {
    // What came before it is before it.
    if (order.type === 'drain' || order.type === 'retire' || order.type === 'stop')
      while (this.#waiting.length > 0) this.#handOver();
    this.#tell(order, undefined, (error) => {
      if (error !== null) lost();
    });
  }

  /** Hands over a connection that was accepted. */
  give(socket: Socket): void {
    this.#waiting.push(socket);
    if (this.#underway.size === 0) this.#handOver();
  }

  /** Connections that somebody else may be given, for this one has not got them. */
  takeBack(): Socket[] {
    return this.#waiting.splice(0);
  }

  #handOver(): void {
    const socket = this.#waiting.shift();
    if (socket === undefined) return;
    const id = this.#nextConnection++;
    this.#underway.set(id, socket);
    this.#tell({ type: 'connection', id }, socket, (error) => {
      if (error !== null) this.#letGo(id);
    });
  }

  /** Closes our copy of a connection; the next one may be handed over. */
  #letGo(id: number): void {
    this.#underway.get(id)?.destroy();
    this.#underway.delete(id);
    if (this.#underway.size === 0) this.#handOver();
  }

  #tell(order: WorkerOrder, socket: Socket | undefined, done: (error: Error | null) => void): void {
    if (!this.#process.connected) return done(new Error('it is gone'));
    this.#process.send(order, socket, { keepOpen: true }, done);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  report(): Promise<WorkerReport> {
    const id = this.#nextReport++;
    const { promise, resolve } = Promise.withResolvers<WorkerReport>();
    const late = setTimeout(() => resolve(this.#lastReport), reportDeadlineMs);
    this.#asked.set(id, resolve);
    this.send({ type: 'report', id }, () => resolve(this.#lastReport));
    return promise.finally(() => {
      clearTimeout(late);
      this.#asked.delete(id);
    });
  }

  /**
   * How many connections it ended; null when it does not answer in time, and will do so when it
   * goes on.
   */
  disconnect(whose: Whose): Promise<number | null> {
    const id = this.#nextReport++;
    const { promise, resolve } = Promise.withResolvers<number | null>();
    const late = setTimeout(() => resolve(null), reportDeadlineMs);
    this.#ending.set(id, resolve);
    this.send({ type: 'disconnect', id, whose }, () => resolve(0));
    return promise.finally(() => {
      clearTimeout(late);
      this.#ending.delete(id);
    });
  }

  #take(id: number, report: WorkerReport): void {
    this.#lastReport = report;
    this.#asked.get(id)?.(report);
  }
}

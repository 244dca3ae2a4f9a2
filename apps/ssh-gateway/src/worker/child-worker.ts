import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { PlaceDesk } from '../places/place-desk.ts';
import type { Tally } from '../places/tally.ts';
import { transition, type ChildEffect, type ChildEvent, type ChildState } from './child-state.ts';
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
  readonly #telling: Telling;
  readonly #desk: PlaceDesk;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<string>();
  #lastReport = nothing;
  #state: ChildState = { name: 'starting' };
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

  constructor(start: Extract<WorkerOrder, { type: 'start' }>, telling: Telling) {
    const child = fork(program, ['--worker', 'yes'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process = child;
    this.#telling = telling;
    this.#desk = new PlaceDesk(telling.tally, (answer) => this.send(answer));
    this.ready = this.#ready.promise;
    this.ended = this.#ended.promise;
    this.ready.catch(() => {});
    child.on('message', (news: WorkerNews) => this.#hear(news));
    child.once('error', (error) => this.#take({ type: 'ended', how: error.message }));
    child.once('exit', (code, signal) =>
      this.#take({ type: 'ended', how: signal ?? `exit ${code}` }),
    );
    this.send(start);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The last that was heard of it. */
  get lastReport(): WorkerReport {
    return this.#lastReport;
  }

  /** How often it was looked at in vain, {@link look} being the look. */
  get looksInVain(): number {
    return this.#state.name === 'serving' ? this.#state.looksInVain : 0;
  }

  /** To be called before it is asked for a report. */
  look(): void {
    this.#take({ type: 'looked-at' });
  }

  /** `lost` is called when it cannot be told any more. */
  send(order: Exclude<WorkerOrder, { type: 'connection' }>, lost: () => void = () => {}): void {
    // Connections that came before a change of status have to arrive before it.
    if (order.type === 'status') while (this.#waiting.length > 0) this.#handOver();
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

  #hear(news: WorkerNews): void {
    const { publish, audit } = this.#telling;
    this.#take({ type: 'heard' });
    switch (news.type) {
      case 'ready':
        return this.#take({ type: 'ready' });
      case 'failed':
        return this.#take({ type: 'failed', reason: news.message });
      case 'taken':
        return this.#letGo(news.id);
      case 'event':
        return publish(news.event);
      case 'audit':
        return audit(news.entry);
      case 'report':
        this.#lastReport = news.report;
        return this.#asked.get(news.id)?.(news.report);
      case 'disconnected':
        return this.#ending.get(news.id)?.(news.count);
      case 'connection-comes':
      case 'session-comes':
      case 'signed-in':
      case 'left':
        return this.#desk.take(news);
      default:
        return news satisfies never;
    }
  }

  #take(event: ChildEvent): void {
    const { state, effects } = transition(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ChildEffect): void {
    switch (effect.type) {
      case 'announce-ready':
        return this.#ready.resolve();
      case 'announce-failure':
        return this.#ready.reject(new Error(effect.reason));
      case 'settle':
        return this.#settle(effect.how);
      default:
        return effect satisfies never;
    }
  }

  #settle(how: string): void {
    this.#desk.close();
    for (const answer of this.#asked.values()) answer(this.#lastReport);
    // Its connections ended with it.
    for (const answer of this.#ending.values()) answer(0);
    for (const socket of this.#underway.values()) socket.destroy();
    this.#ended.resolve(how);
  }
}

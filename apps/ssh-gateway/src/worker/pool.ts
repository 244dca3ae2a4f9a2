// Long: turns, looks and replacements change the same set of worker processes.
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '@hatchery/daemon';
import {
  gauge,
  lastingFamilies,
  mergeFamilies,
  readFamilies,
  type Family,
} from '@hatchery/metrics';
import { refusalBytes } from '@hatchery/ssh-keys';
import { Registry } from 'prom-client';
import { refusalLines } from '../admission.ts';
import { Descriptors } from '../descriptors.ts';
import { proveFeasible } from '../feasibility.ts';
import { limits as builtIn, type Limits } from '../limits.ts';
import { refusedConnections, startupFamilies } from '../metrics/gateway-metrics.ts';
import { periodOf, stopEvent } from '../status/period.ts';
import {
  drainOf,
  isEnding,
  open,
  transition,
  type GatewayStatus,
  type StatusEffect,
  type StatusEvent,
} from '../status/status.ts';
import { ChildWorker, type Telling } from './child-worker.ts';
import type { WorkerContext, WorkerOptions } from './own-worker.ts';
import { endedIn, type Whose } from './whose.ts';
import type { Worker, WorkerReport } from './worker.ts';

const restartingLine = 'the service is restarting; try again in a minute';

/** What a pool needs from outside. */
export type PoolContext = Pick<WorkerContext, 'config' | 'log'> & Telling;

/**
 * Several worker processes behind one port. The first process accepts and hands each socket to the
 * next of them (the round-robin of node:cluster, by the same means), so that a worker that dies
 * takes along its own connections only, and its successor misses none.
 */
export class WorkerPool implements Worker {
  readonly finished: Promise<void>;
  readonly #context: PoolContext;
  readonly #limits: Limits;
  readonly #ownLimits: Partial<Limits>;
  readonly #all = new Set<ChildWorker>();
  readonly #finished = Promise.withResolvers<void>();
  readonly #polling: NodeJS.Timeout;
  readonly #descriptors: Descriptors;
  readonly #registry = new Registry();
  readonly #refused = refusedConnections(this.#registry);
  /** Those of which it was logged that they do not answer. */
  readonly #silent = new Set<ChildWorker>();
  /** Those that take connections, in the order of their turns. */
  #serving: ChildWorker[] = [];
  /** What ended processes had counted when they were last asked. */
  #past: Family[] = [];
  #status = open;

  /** @throws {StartError} when they could not serve */
  static async start(context: PoolContext, options: WorkerOptions): Promise<WorkerPool> {
    proveFeasible(context.config, options);
    const pool = new WorkerPool(context, options.limits ?? {});
    try {
      pool.#serving = await pool.#startSet();
      return pool;
    } catch (error) {
      pool.take(stopEvent(0, true));
      await pool.finished;
      throw new StartError(`a worker process did not start: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  private constructor(context: PoolContext, ownLimits: Partial<Limits>) {
    this.#context = context;
    this.#ownLimits = ownLimits;
    this.#limits = { ...builtIn, ...ownLimits };
    this.#descriptors = new Descriptors(this.#limits.descriptorsKept);
    this.finished = this.#finished.promise;
    // A process that is killed cannot be asked any more what it had counted; this much may be lost.
    this.#polling = setInterval(() => this.#look(), this.#limits.workerPollMs).unref();
  }

  accept(socket: Socket): void {
    if (this.#descriptors.areShort(socket)) {
      return this.#refuse(socket, 'descriptors', refusalLines.descriptors, 'out of descriptors');
    }
    // When none answers it is the machine that is slow, and they are as good as each other.
    const worker = this.#serving.find((one) => !this.#isSilent(one)) ?? this.#serving[0];
    if (worker === undefined) {
      return this.#refuse(
        socket,
        'no-worker',
        restartingLine,
        'no worker process for a connection',
      );
    }
    this.#serving = [...this.#serving.filter((one) => one !== worker), worker];
    worker.give(socket);
  }

  get status(): GatewayStatus {
    return this.#status;
  }

  /** Each process does it for its own connections; what concerns processes is done here. */
  take(event: StatusEvent): void {
    const { state, effects } = transition(this.#status, event);
    this.#status = state;
    for (const worker of this.#all) worker.send({ type: 'status', event });
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: StatusEffect): void {
    switch (effect.type) {
      case 'finish':
        return void this.#windUp();
      case 'disconnect':
        // One whose loop is blocked does not hear it.
        return void setTimeout(
          () => this.#all.forEach((one) => one.kill()),
          this.#limits.workerKillMs,
        ).unref();
      case 'refuse':
      case 'admit':
      case 'set-deadline':
        return;
      default:
        return effect satisfies never;
    }
  }

  /**
   * New processes first, then the old ones drain: nobody is refused. @throws when the new ones do
   * not come up; the old ones stay
   */
  async reload(): Promise<string> {
    const old = this.#serving;
    this.#serving = await this.#startSet().catch((error: unknown) => {
      throw new Error(
        `the new worker processes did not start, so the old ones stay: ${(error as Error).message}`,
      );
    });
    const event: StatusEvent = {
      type: 'retire',
      period: periodOf(this.#limits.replacedDrainMsMax),
    };
    for (const worker of old) worker.send({ type: 'status', event });
    return `${this.#serving.length} new worker processes serve, ${old.length} old ones keep their connections to the end`;
  }

  async disconnect(whose: Whose): Promise<number> {
    return endedIn(await Promise.all([...this.#all].map((worker) => worker.disconnect(whose))));
  }

  async report(): Promise<WorkerReport> {
    // One that does not answer has been asked often enough.
    await Promise.all(
      [...this.#all].filter((one) => !this.#isSilent(one)).map((worker) => worker.report()),
    );
    const own = await this.#own();
    // Looked up only now: one that has ended in the meantime is in the past already, and must not
    // count twice.
    const reports = [...this.#all].map(({ lastReport }) => lastReport);
    return {
      families: mergeFamilies([this.#past, ...reports.map(({ families }) => families), own]),
      sessions: reports.flatMap(({ sessions }) => sessions),
      connections: reports.reduce((sum, { connections }) => sum + connections, 0),
      ready: drainOf(this.#status) === null ? this.#answering : 0,
      hindrance: reports.find(({ hindrance }) => hindrance !== null)?.hindrance ?? null,
    };
  }

  /** Those that take connections and answer. */
  get #answering(): number {
    return this.#serving.filter((one) => !this.#isSilent(one)).length;
  }

  #isSilent({ looksInVain }: ChildWorker): boolean {
    return looksInVain > this.#limits.workerLooksMax;
  }

  #look(): void {
    for (const worker of this.#all) {
      worker.look();
      if (this.#isSilent(worker)) this.#passOver(worker);
      else if (this.#silent.delete(worker))
        this.#context.log.info({ pid: worker.pid }, 'worker process answers again');
    }
    void this.report();
  }

  /** It does not answer: others get what it has not got, and in the end it is killed. */
  #passOver(worker: ChildWorker): void {
    const { workerHungLooksMax, workerHungLooksWithSessionsMax } = this.#limits;
    const { pid, looksInVain, lastReport } = worker;
    const told = { pid, sessions: lastReport.sessions.length, fault: 'system' };
    if (!this.#silent.has(worker))
      this.#context.log.error(told, 'worker process does not answer; it gets no new connections');
    this.#silent.add(worker);
    if (this.#serving.length > 1) for (const socket of worker.takeBack()) this.accept(socket);
    const looksMax = told.sessions === 0 ? workerHungLooksMax : workerHungLooksWithSessionsMax;
    if (looksInVain !== looksMax) return;
    this.#context.log.error({ ...told, looksInVain }, 'worker process killed: it does not answer');
    worker.kill();
  }

  #refuse(socket: Socket, reason: string, line: string, why: string): void {
    this.#refused.inc({ reason });
    this.#context.log.error({ fault: 'system' }, why);
    socket.on('error', () => {}).end(refusalBytes(line));
    // Whoever is sent away for want of a descriptor must not keep one.
    socket.destroySoon();
  }

  /** What no worker knows. */
  async #own(): Promise<Family[]> {
    const { tally, config } = this.#context;
    return [
      gauge('hatchery_ssh_workers', 'Worker processes that take connections.', this.#answering),
      ...(await readFamilies(this.#registry)),
      ...startupFamilies(tally.unauthenticated, config.ssh.startupsMax.full),
    ];
  }

  /** As many as configured, all ready; when one is not, none. */
  async #startSet(): Promise<ChildWorker[]> {
    const workers = Array.from({ length: this.#context.config.ssh.workers }, () => this.#spawn());
    try {
      await Promise.all(workers.map(({ ready }) => ready));
      return workers;
    } catch (error) {
      for (const worker of workers) worker.send({ type: 'status', event: stopEvent(0, true) });
      throw error;
    }
  }

  #spawn(): ChildWorker {
    const { config } = this.#context;
    const worker = new ChildWorker(
      { type: 'start', config, limits: this.#ownLimits },
      this.#context,
    );
    this.#all.add(worker);
    void worker.ended.then((how) => this.#ended(worker, how));
    return worker;
  }

  #ended(worker: ChildWorker, how: string): void {
    this.#all.delete(worker);
    this.#silent.delete(worker);
    this.#past = mergeFamilies([this.#past, lastingFamilies(worker.lastReport.families)]);
    if (!this.#serving.includes(worker)) return;
    this.#serving = this.#serving.filter((one) => one !== worker);
    for (const socket of worker.takeBack()) this.accept(socket);
    if (isEnding(this.#status)) return;
    this.#context.log.error(
      { pid: worker.pid, how, fault: 'system' },
      'worker process ended; its connections are lost',
    );
    void this.#replace();
  }

  /** Again and again, for the others serve on meanwhile, and what is in its way may go away. */
  async #replace(): Promise<void> {
    for (let waitMs = this.#limits.workerRestartMsMin; !isEnding(this.#status);) {
      const worker = this.#spawn();
      try {
        await worker.ready;
        this.#serving.push(worker);
        const drain = drainOf(this.#status);
        if (drain !== null) worker.send({ type: 'status', event: { type: 'drain', drain } });
        this.#context.log.info({ pid: worker.pid }, 'worker process replaced');
        return;
      } catch (error) {
        this.#context.log.error(
          { err: error, waitMs, fault: 'system' },
          'worker process did not start',
        );
      }
      await delay(waitMs);
      waitMs = Math.min(2 * waitMs, this.#limits.workerRestartMsMax);
    }
  }

  async #windUp(): Promise<void> {
    // One that was started in the meantime, and so has no connection, is told to stop as well.
    const lateStop = stopEvent(0, false);
    while (this.#all.size > 0) {
      await Promise.all([...this.#all].map(({ ended }) => ended));
      for (const worker of this.#all) worker.send({ type: 'status', event: lateStop });
    }
    clearInterval(this.#polling);
    this.#finished.resolve();
  }
}

import type { Socket } from 'node:net';
import { createLogger } from '@hatchery/daemon';
import type { WorkerNews, WorkerOrder } from './messages.ts';
import type { PlaceAnswer } from '../places/messages.ts';
import { RemotePlaces } from '../places/remote-places.ts';
import { stopEvent } from '../status/period.ts';
import { createWorker, type WorkerContext } from './own-worker.ts';
import type { Worker } from './worker.ts';

/**
 * Runs a worker until it has ended, on orders from the first process; returns the exit code.
 * Signals are for that one: it sees to an end in order. When it is gone, what runs here finishes
 * and nothing new comes.
 */
export async function runWorkerProcess(): Promise<number> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  const orders = new Orders();
  const start = await orders.first;
  if (start.type !== 'start') throw new TypeError(`the first order is ${start.type}`);
  const log = createLogger('ssh-gateway', start.config.log).child({ worker: process.pid });
  try {
    const places = new RemotePlaces(tell);
    const context: WorkerContext = {
      config: start.config,
      log,
      places,
      publish: (event) => tell({ type: 'event', event }),
      audit: (entry) => tell({ type: 'audit', entry }),
    };
    const worker = await createWorker(context, { limits: start.limits });
    orders.deliverTo((order, socket) =>
      order.type === 'place' ? places.answer(order) : obey(worker, order, socket),
    );
    process.once('disconnect', () => {
      places.cutOff();
      worker.take(stopEvent(1000 * start.config.forker.childrenTimeoutS, false));
    });
    tell({ type: 'ready' });
    await worker.finished;
    // What was counted since the last time it was asked.
    tell({ type: 'report', id: 0, report: await worker.report() });
    return 0;
  } catch (error) {
    log.fatal({ err: error }, 'worker process failed');
    tell({ type: 'failed', message: (error as Error).message });
    return 1;
  } finally {
    // Its own end would otherwise wait for ever for the next order.
    if (process.connected) process.disconnect();
  }
}

type Deliver = (order: WorkerOrder, socket: Socket | undefined) => void;

/** What the first process says, kept until there is a worker to be told. */
class Orders {
  readonly first: Promise<WorkerOrder>;
  readonly #kept: Parameters<Deliver>[] = [];
  #deliver: Deliver | null = null;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<WorkerOrder>();
    this.first = promise;
    process.once('message', (first: WorkerOrder) => {
      process.on('message', (order: WorkerOrder, socket?: Socket) => {
        if (this.#deliver === null) this.#kept.push([order, socket]);
        else this.#deliver(order, socket);
      });
      resolve(first);
    });
  }

  deliverTo(deliver: Deliver): void {
    this.#deliver = deliver;
    for (const kept of this.#kept.splice(0)) deliver(...kept);
  }
}

function obey(
  worker: Worker,
  order: Exclude<WorkerOrder, PlaceAnswer>,
  socket: Socket | undefined,
): void {
  switch (order.type) {
    case 'connection':
      tell({ type: 'taken', id: order.id });
      // Undefined when the client has gone while its socket was on the way.
      if (socket !== undefined) worker.accept(socket);
      return;
    case 'status':
      return worker.take(order.event);
    case 'report':
      return void worker.report().then((report) => tell({ type: 'report', id: order.id, report }));
    case 'disconnect':
      return void worker
        .disconnect(order.whose)
        .then((count) => tell({ type: 'disconnected', id: order.id, count }));
    case 'start':
      throw new TypeError('started twice');
    default:
      order satisfies never;
  }
}

function tell(news: WorkerNews): void {
  // Whoever is gone need not hear it.
  if (process.connected) process.send?.(news, undefined, {}, () => {});
}

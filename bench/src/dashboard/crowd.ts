import { createServer, type Server } from 'node:http';
import { EventLog, serveFeed } from '@hatchery/event-feed';
import { emptyView, type Child, type ChildUsage, type Lock } from '@hatchery/events';

/**
 * How many children run, how many of them change per tick, and how long a tick is: the budget of
 * the page.
 */
export const crowdSize = 5_000;
const changesPerTick = 1_000;
export const tickMs = 250;

/** A real feed on a real socket, with more children than this machine could run. */
export class Crowd implements AsyncDisposable {
  readonly #log: EventLog;
  readonly #server: Server;
  readonly #timer: NodeJS.Timeout;
  #tick = 0;
  #oldest = 0;
  #locks = 0;

  static async serve(controlSocket: string): Promise<Crowd> {
    const children = Object.fromEntries(
      Array.from({ length: crowdSize }, (_, index) => [`c${index}`, aChild(index)]),
    );
    const view = { ...emptyView, children, zygote: { state: 'ready', pid: 1 } } as const;
    const log = new EventLog({ epoch: 'bench', version: 'bench', now: () => new Date(), view });
    const server = createServer((request, response) => serveFeed(log, request, response));
    await new Promise<void>((resolve) => server.listen(controlSocket, resolve));
    return new Crowd(log, server);
  }

  private constructor(log: EventLog, server: Server) {
    this.#log = log;
    this.#server = server;
    this.#timer = setInterval(() => this.#change(), tickMs);
  }

  /** Takes a lock and returns its id and the time, in milliseconds since 1970. */
  takeLock(): { readonly id: string; readonly at: number } {
    const id = `bench-lock-${(this.#locks += 1)}`;
    const at = Date.now();
    this.#log.publish({ kind: 'lock.acquired', lock: aLock(id) });
    return { id, at };
  }

  releaseLock(id: string): void {
    this.#log.publish({ kind: 'lock.released', id });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** One tick: new usage for a fifth of all, one child that ends and one that starts. */
  #change(): void {
    this.#tick += 1;
    const first = this.#oldest + ((this.#tick * changesPerTick) % (crowdSize - changesPerTick));
    const samples = Array.from({ length: changesPerTick }, (_, index) => ({
      id: `c${first + index}`,
      usage: usageAt(this.#tick, index),
    }));
    this.#log.publish({ kind: 'child.usage', samples });
    const exit = { code: 0, signal: null, status: 0 };
    const id = `c${this.#oldest}`;
    this.#log.publish({
      kind: 'child.exited',
      id,
      endedAt: now(),
      exit,
      rusage: null,
      cause: 'finished',
    });
    this.#log.publish({ kind: 'child.spawned', child: aChild(this.#oldest + crowdSize) });
    this.#oldest += 1;
  }
}

function aChild(index: number): Child {
  return {
    id: `c${index}`,
    pid: 1_000_000 + index,
    startTime: index,
    user: `user-${index % 200}`,
    peer: `192.0.2.${index % 250}:${40_000 + (index % 20_000)}`,
    command: 'bzr serve --inet --directory=/ --allow-writes',
    state: 'running',
    startedAt: now(),
    connectedAt: now(),
    endedAt: null,
    exit: null,
    usage: null,
    rusage: null,
  };
}

function usageAt(tick: number, index: number): ChildUsage {
  return {
    cpuPercent: (tick * 7 + index) % 100,
    rssBytes: 48_000_000 + index,
    pssBytes: 9_000_000 + index,
    privateBytes: 1_100_000 + tick * 10 + index,
    readBytes: tick * 1_000,
    writeBytes: tick * 100,
    minorFaults: tick * 10,
    majorFaults: 0,
  };
}

function aLock(id: string): Lock {
  const holder = {
    childId: null,
    pid: 7,
    user: 'bench',
    host: 'bench',
    command: null,
    since: now(),
  };
  const own = { id, path: id, name: id, nonce: id };
  return { ...own, kind: 'script', holder, waiters: [], condition: 'held', reasons: [] };
}

function now(): string {
  return new Date().toISOString();
}

import { loadConfig, type Config } from '@hatchery/config';
import { createLogger } from '@hatchery/daemon';
import { EventJournal, EventLog } from '@hatchery/event-feed';
import { forkRequest, type ForkRequest } from '@hatchery/protocol';
import type { KeeperRequest } from '../../keeper-link/messages.ts';
import { ForkService } from './fork-service.ts';

/** A fork service over a keeper that only writes down what it is asked. */
export class ServiceBench implements Disposable {
  readonly sent: KeeperRequest[] = [];
  readonly events: EventLog;
  readonly service: ForkService;
  readonly log = createLogger('forker', { level: 'error', format: 'json' });

  readonly #journal: EventJournal | null;

  /**
   * With a directory, its events are on disk there, and go on where those of the one before ended.
   */
  constructor(limits: Partial<Config['forker']> = {}, directory: string | null = null) {
    const config = loadConfig({ directory: '/nowhere', stateDirectory: '/nowhere/state' });
    this.#journal = directory === null ? null : openJournal(directory);
    const journal = this.#journal === null ? {} : { journal: this.#journal };
    this.events = new EventLog({ epoch: 'e1', version: '0', now: () => new Date(0), ...journal });
    this.service = new ForkService(
      { ...config, forker: { ...config.forker, ...limits } },
      this.log,
      this.events,
    );
    this.connect();
  }

  /** A keeper is at hand, as after a start. */
  connect(): void {
    this.service.keeper = { send: (request) => this.sent.push(request) };
  }

  /** The id under which the keeper was asked for the latest fork. */
  get lastForkId(): string {
    const fork = this.sent.findLast(({ request }) => request === 'fork');
    return fork?.request === 'fork' ? fork.id : '';
  }

  /** What the keeper was asked besides forks. */
  get otherRequests(): KeeperRequest[] {
    return this.sent.filter(({ request }) => request !== 'fork');
  }

  /** Starts a child for the request; an invented pid, above what Linux gives. */
  async fork(
    request: ForkRequest = forkRequest(['rocks']),
    pid = 4_194_400,
  ): ReturnType<ForkService['fork']> {
    const forked = this.service.fork(request);
    const id = this.lastForkId;
    this.service.take({
      event: 'started',
      id,
      pid,
      directory: `/run/lp-forking-service-child-${id}`,
    });
    return forked;
  }

  /** Ends a child, as the keeper tells it. */
  exit(id: string, status: number, pid = 4_194_400): void {
    const details = {
      user: null,
      peer: null,
      command: 'rocks',
      startedAt: new Date(0).toISOString(),
    };
    const directory = `/run/lp-forking-service-child-${id}`;
    this.service.take({
      event: 'exited',
      id,
      pid,
      directory,
      status,
      rusage: usage,
      leftBehind: false,
      details,
    });
  }

  [Symbol.dispose](): void {
    this.service[Symbol.dispose]();
    this.#journal?.[Symbol.dispose]();
  }
}

function openJournal(directory: string): EventJournal {
  const fail = (what: unknown): never => {
    throw new Error(`the log of events: ${String(what)}`);
  };
  const listener = { suspended: fail, resumed: fail, unsynced: fail, epochEnded: fail };
  return new EventJournal({ directory, newEpoch: 'e1', listener });
}

const usage = {
  userMs: 1,
  systemMs: 1,
  maxRssBytes: 1,
  minorFaults: 1,
  majorFaults: 0,
  inBlocks: 0,
  outBlocks: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
};

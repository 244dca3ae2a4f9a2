import { constants } from 'node:os';
import type { Config } from '@hatchery/config';
import { processStartTime, type Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { Child, EventBody } from '@hatchery/events';
import type { ForkRequest } from '@hatchery/protocol';
import type { KeeperLink } from '../keeper-link/keeper-link.ts';
import type { ChildDetails, KeeperEvent, KeptChild } from '../keeper-link/messages.ts';
import { forkMsMax } from '../limits.ts';
import { refusalFor } from './admission.ts';
import { newChildName } from './child-name.ts';
import { describeRequest } from './describe-request.ts';
import { Exits } from './exits.ts';
import { OrphanWatch } from './orphan-watch.ts';
import { removePipeDirectory } from './pipe-directories.ts';
import { ChildRegistry, unknownStatus, type Ending, type Entry } from './registry.ts';
import { UsageTotals } from './usage-totals.ts';

/** What a requester gets. `exited` resolves with the raw wait status and never rejects. */
export interface Forked {
  readonly pid: number;
  readonly directory: string;
  readonly id: string;
  readonly exited: Promise<number>;
}

/** A fork that is not to be had, with one line that says why and what to do. */
export class ForkRefusal extends Error {
  readonly code = 'fork_refused';
  readonly fault = 'system';
}

const leftBehindMessage = 'a dead child left its pipes behind; they are removed';

interface Pending {
  readonly details: ChildDetails;
  readonly resolve: (child: Forked) => void;
  readonly reject: (error: ForkRefusal) => void;
}

/** Admits, forks and signals children, and follows each to its end. */
export class ForkService implements Disposable {
  readonly registry = new ChildRegistry();
  readonly finished = new UsageTotals();
  readonly #config: Config;
  readonly #log: Logger;
  readonly #events: EventLog;
  readonly #orphans = new OrphanWatch();
  readonly #pending = new Map<string, Pending>();
  readonly #exits = new Exits((id) => this.#keeper?.send({ request: 'taken', id }));
  #keeper: Pick<KeeperLink, 'send'> | null = null;
  draining = false;
  childConnectTimeoutS: number;

  constructor(config: Config, log: Logger, events: EventLog) {
    this.#config = config;
    this.#log = log;
    this.#events = events;
    this.childConnectTimeoutS = config.forker.childConnectTimeoutS;
  }

  /** The keeper to work with from now on. */
  set keeper(link: Pick<KeeperLink, 'send'> | null) {
    this.#keeper = link;
  }

  /** Children that live, and forks that have not come to one yet. */
  get busy(): number {
    return this.registry.size + this.#pending.size;
  }

  /** Forks one child and resolves when it exists. @throws {ForkRefusal} */
  async fork(request: ForkRequest): Promise<Forked> {
    const now = new Date();
    const details = describeRequest(request, now);
    const refusal = this.#refusalFor(details.user);
    if (refusal !== null) throw new ForkRefusal(refusal);
    if (this.#keeper === null) throw new ForkRefusal('the keeper is being restarted: try again in a moment');
    const id = newChildName(this.#config.runtimeDirectory, now);
    const { promise, resolve, reject } = Promise.withResolvers<Forked>();
    this.#pending.set(id, { details, resolve, reject });
    const deadline = setTimeout(() => {
      this.#refuse(id, `no child came up within ${forkMsMax / 1000} s: see the log of the service`);
    }, forkMsMax);
    const { command, environment } = request;
    const connectTimeoutS = this.childConnectTimeoutS;
    this.#keeper.send({ request: 'fork', id, command, environment, connectTimeoutS, details });
    return promise.finally(() => clearTimeout(deadline));
  }

  /** Takes up a child that another connection forked; null when there is none of that name, alive or unheard. */
  attach(id: string): Forked | null {
    const entry = this.registry.find(id);
    if (entry !== undefined) return this.#forked(entry);
    const unheard = this.#exits.take(id);
    if (unheard === null) return null;
    const { child, directory } = unheard.entry;
    return { id, pid: child.pid, directory, exited: Promise.resolve(unheard.ending.status) };
  }

  /** Signals a child's process group, and records why. False when it has ended. */
  signal(id: string, signal: NodeJS.Signals, cause: string): boolean {
    const entry = this.registry.find(id);
    if (entry === undefined) return false;
    if (this.#orphans.signal(id, signal)) this.#publish(this.registry.stopping(id, cause));
    else {
      if (this.#keeper === null) return false;
      this.#publish(this.registry.stopping(id, cause));
      this.#keeper.send({ request: 'signal', id, signal: constants.signals[signal] });
    }
    this.#log.info({ childId: id, pid: entry.child.pid, signal, cause }, 'child signalled');
    return true;
  }

  /** The keeper is gone: its children live on, but only their absence will be seen. */
  keeperLost(): void {
    this.#keeper = null;
    for (const id of [...this.#pending.keys()]) this.#refuse(id, 'the keeper died: try again in a moment');
    for (const { child, directory } of this.registry.entries()) {
      const { id, pid, startTime } = child;
      const ended = (): void => {
        if (removePipeDirectory(directory)) this.#log.warn({ childId: id, pid }, leftBehindMessage);
        this.#ended({ id, status: unknownStatus, known: false, rusage: null });
      };
      this.#orphans.watch(id, { pid, startTime, ended });
    }
  }

  /** Takes what the keeper says of children. */
  take(event: KeeperEvent): void {
    switch (event.event) {
      case 'hello':
        for (const kept of event.children) this.#restore(kept);
        return;
      case 'started':
        return this.#started(event.id, event.pid, event.directory);
      case 'refused':
        return this.#refuse(event.id, event.reason);
      case 'connected':
        return this.#publish(this.registry.connected(event.id, new Date()));
      case 'exited':
        return this.#exited(event);
      default:
    }
  }

  [Symbol.dispose](): void {
    this.#orphans[Symbol.dispose]();
  }

  #refusalFor(user: string | null): string | null {
    const pendingOfUser = [...this.#pending.values()].filter(({ details }) => details.user === user).length;
    const load = {
      draining: this.draining,
      children: this.busy,
      childrenOfUser: this.registry.countOf(user) + pendingOfUser,
      user,
    };
    return refusalFor(load, this.#config.forker);
  }

  #refuse(id: string, reason: string): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(new ForkRefusal(reason));
  }

  #started(id: string, pid: number, directory: string): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending === undefined) {
      // Its requester was refused by our deadline: nobody will ever open its pipes.
      this.#keeper?.send({ request: 'signal', id, signal: constants.signals.SIGKILL });
      return;
    }
    const child = newChild(id, pid, pending.details, null);
    this.#publish(this.registry.spawned(child, directory));
    this.#log.info({ childId: id, pid, user: child.user, peer: child.peer, command: child.command }, 'child spawned');
    pending.resolve(this.#forked({ child, directory, cause: null }));
  }

  #restore({ id, pid, directory, connected, details }: KeptChild): void {
    this.#orphans.forget(id);
    // Known already when it was the connection to the keeper that broke, and not the keeper.
    if (this.registry.find(id) !== undefined) return;
    const child = newChild(id, pid, details, connected ? details.startedAt : null);
    this.#publish(this.registry.spawned(child, directory));
  }

  #exited(event: Extract<KeeperEvent, { event: 'exited' }>): void {
    const { id, pid, directory, status, rusage, leftBehind, details } = event;
    // Unknown when it ended while no forker was there. Its requester may come back for it.
    this.#restore({ id, pid, directory, connected: true, details });
    if (leftBehind) this.#log.warn({ childId: id, pid }, leftBehindMessage);
    this.#ended({ id, status, known: true, rusage });
  }

  #ended(ending: Ending): void {
    const entry = this.registry.find(ending.id);
    if (entry === undefined) return;
    const events = this.registry.exited(ending, new Date());
    this.#publish(events);
    if (ending.rusage !== null) this.finished.add(ending.rusage);
    const { exit, cause } = events[0];
    this.#log.info({ childId: ending.id, pid: entry.child.pid, ...exit, cause, rusage: ending.rusage }, 'child exited');
    this.#exits.tell(entry, ending);
  }

  #forked({ child, directory }: Entry): Forked {
    return { id: child.id, pid: child.pid, directory, exited: this.#exits.listen(child.id) };
  }

  #publish(events: readonly EventBody[]): void {
    for (const event of events) this.#events.publish(event);
  }
}

function newChild(id: string, pid: number, details: ChildDetails, connectedAt: string | null): Child {
  return {
    id,
    pid,
    startTime: processStartTime(pid) ?? 0,
    ...details,
    state: connectedAt === null ? 'waiting' : 'running',
    connectedAt,
    endedAt: null,
    exit: null,
    usage: null,
    rusage: null,
  };
}

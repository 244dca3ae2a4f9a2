// Long: a child from request to end, step by step.
import { constants } from 'node:os';
import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { EventBody } from '@hatchery/events';
import { readWaitStatus, type ForkRequest } from '@hatchery/protocol';
import type { KeeperLink } from '../../keeper-link/keeper-link.ts';
import type { KeeperEvent, KeptChild } from '../../keeper-link/messages.ts';
import { ChildLogs } from '../running/child-logs.ts';
import { asksForEnd } from '../ending/ending-cause.ts';
import { Endings } from '../ending/endings.ts';
import { Exits } from '../ending/exits.ts';
import { FailureCounts } from '../admission/failure-counts.ts';
import { LimitCounts } from '../ending/limit-counts.ts';
import { ForkQueue } from '../admission/fork-queue.ts';
import type { Forked } from './forked.ts';
import { Intake } from '../admission/intake.ts';
import { removePipes, tellLeftBehind } from '../ending/left-behind.ts';
import { newChild } from './new-child.ts';
import { OrphanWatch } from '../running/orphan-watch.ts';
import { pipeDirectoryOf } from './pipe-directories.ts';
import { ChildRegistry, unknownStatus, type Ending, type Entry } from '../running/registry.ts';
import { KernelKills } from '../../usage/kernel-kills.ts';
import { toldBefore, type ToldBefore } from '../ending/told-before.ts';
import { UsageTotals } from '../running/usage-totals.ts';

/** Forks and signals children, and follows each to its end. */
export class ForkService implements Disposable {
  readonly registry = new ChildRegistry();
  readonly finished = new UsageTotals();
  readonly logs = new ChildLogs();
  readonly endings = new Endings();
  readonly failures: FailureCounts;
  readonly limits = new LimitCounts();
  readonly queue: ForkQueue;
  readonly intake: Intake;
  readonly #config: Config;
  readonly #log: Logger;
  readonly #events: EventLog;
  readonly #toldBefore: ToldBefore;
  readonly #orphans = new OrphanWatch();
  readonly #kernelKills = new KernelKills();
  readonly #exits = new Exits((id) => this.#keeper?.send({ request: 'taken', id }));
  #keeper: Pick<KeeperLink, 'send'> | null = null;

  constructor(config: Config, log: Logger, events: EventLog) {
    this.#config = config;
    this.#log = log;
    this.#events = events;
    this.#toldBefore = toldBefore(events);
    this.failures = new FailureCounts(log);
    this.queue = new ForkQueue(config, this.registry);
    this.intake = new Intake(this.queue, events, 1000 * config.forker.childrenTimeoutS);
  }

  /** The keeper to work with from now on. */
  set keeper(link: Pick<KeeperLink, 'send'> | null) {
    this.#keeper = link;
    this.queue.keeper = link;
  }

  /** Children that live, and requests that have not come to one yet. */
  get busy(): number {
    return this.registry.size + this.queue.size;
  }

  /** Children whose keeper is gone. */
  get orphans(): number {
    return this.#orphans.size;
  }

  /**
   * Another forker looks after the children from now on: clients of this one that wait for an exit
   * are told what it says.
   */
  relayExits(exitOf: (id: string) => Promise<number | null>): void {
    this.#exits.relay(exitOf);
  }

  /** A drain that an operator asked for outlives the run that it was asked of. */
  restoreDrain(): void {
    this.intake.restore(this.#toldBefore, this.#log);
  }

  /**
   * Forks one child and resolves when it exists. @throws {ForkRefusal}, or {RequesterLeft} when
   * `left` is aborted before its turn
   */
  fork(request: ForkRequest, left?: AbortSignal): Promise<Forked> {
    return this.queue.fork(request, left);
  }

  /**
   * Takes up a child that another connection forked; null when there is none of that name, alive or
   * unheard.
   */
  attach(id: string): Forked | null {
    const entry = this.registry.find(id);
    if (entry !== undefined) return this.#exits.forked(entry);
    return this.#exits.attach(id);
  }

  /** Signals a child's process group, and records why. False when it has ended. */
  signal(id: string, signal: NodeJS.Signals, cause: string): boolean {
    const entry = this.registry.find(id);
    if (entry === undefined) return false;
    const stopping = (): void => {
      const sent = { signal, atMs: performance.now(), why: cause };
      if (asksForEnd(signal)) this.#publish(this.registry.stopping(id, sent));
    };
    if (this.#orphans.signal(id, signal)) stopping();
    else {
      if (this.#keeper === null) return false;
      stopping();
      this.#keeper.send({ request: 'signal', id, signal: constants.signals[signal] });
    }
    this.#log.info({ childId: id, pid: entry.child.pid, signal, cause }, 'child signalled');
    return true;
  }

  /** The keeper is gone: its children live on, but only their absence will be seen. */
  keeperLost(): void {
    this.keeper = null;
    for (const entry of this.registry.entries()) this.#watchOrphan(entry);
  }

  /**
   * Looks after the children that an earlier run has told of and that the keeper does not know: it
   * was killed too. To be called when the keeper has said all it knows.
   */
  adoptOrphans(): void {
    for (const child of Object.values(this.#events.view.children)) {
      if (this.registry.has(child.id)) continue;
      const directory = pipeDirectoryOf(this.#config.runtimeDirectory, child.id);
      const entry = { child, directory, cause: this.#toldBefore.causes.get(child.id) ?? null };
      this.registry.restored(entry);
      this.#watchOrphan(entry);
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
        return this.queue.refuse(event.id, event.reason);
      case 'connected':
        return this.#publish(this.registry.connected(event.id, new Date()));
      case 'condemned':
        // The keeper kills it at once.
        return this.#condemned(event.id, `killed by the keeper: ${event.reason}`);
      case 'failed':
        return this.#failed(event);
      case 'exited':
        return this.#exited(event);
      default:
    }
  }

  [Symbol.dispose](): void {
    this.#orphans[Symbol.dispose]();
  }

  #started(id: string, pid: number, directory: string): void {
    const job = this.queue.take(id);
    if (job === null) {
      // Its requester was refused by our deadline: nobody will ever open its pipes.
      return this.#keeper?.send({ request: 'signal', id, signal: constants.signals.SIGKILL });
    }
    const child = newChild(id, pid, job.details, null);
    this.#publish(this.registry.spawned(child, directory));
    this.#log.info(
      { childId: id, pid, user: child.user, peer: child.peer, command: child.command },
      'child spawned',
    );
    job.resolve(this.#exits.forked({ child, directory, cause: null }));
    this.queue.letIn();
  }

  #restore({ id, pid, directory, connected, details }: KeptChild): void {
    this.#orphans.forget(id);
    // Known already when it was the connection to the keeper that broke, and not the keeper.
    if (this.registry.has(id)) return;
    const told = this.#events.view.children[id];
    if (told === undefined) {
      const child = newChild(id, pid, details, connected ? details.startedAt : null);
      return this.#publish(this.registry.spawned(child, directory));
    }
    this.registry.restored({
      child: told,
      directory,
      cause: this.#toldBefore.causes.get(id) ?? null,
    });
    if (connected) this.#publish(this.registry.connected(id, new Date()));
  }

  #exited(event: Extract<KeeperEvent, { event: 'exited' }>): void {
    const { id, pid, directory, status, rusage, leftBehind, details } = event;
    const ending = {
      id,
      status,
      known: true,
      rusage,
      wasShortOfMemory: this.#wasEndedByKernel(id, status),
    };
    // The keeper tells again what nobody is known to have heard.
    if (this.#exits.find(id) !== null) return;
    if (this.#isOnRecord(id)) {
      const child = newChild(id, pid, details, null);
      return this.#exits.tell({ child, directory, cause: null }, ending);
    }
    // Unknown when it ended while no forker was there. Its requester may come back for it.
    this.#restore({ id, pid, directory, connected: true, details });
    if (leftBehind) tellLeftBehind(this.#log, id, pid);
    this.#ended(ending);
  }

  /** Nobody here has sent it SIGKILL, and the kernel has just ended somebody for memory. */
  #wasEndedByKernel(id: string, status: number): boolean {
    return (
      this.registry.isUnasked(id) &&
      readWaitStatus(status).signal === 'SIGKILL' &&
      this.#kernelKills.takeOne()
    );
  }

  #condemned(id: string, why: string): void {
    this.#publish(this.registry.stopping(id, { signal: 'SIGKILL', atMs: performance.now(), why }));
  }

  #failed({
    id,
    traceback,
    kind,
    verb,
    path,
    cause,
  }: Extract<KeeperEvent, { event: 'failed' }>): void {
    const failure = { kind, verb, path, cause };
    this.failures.add(id, this.registry.find(id)?.child.user ?? null, failure);
    if (traceback !== '') this.logs.add(id, traceback, new Date());
    this.#publish(this.registry.failed(id, failure));
  }

  #isOnRecord(id: string): boolean {
    return (
      this.#toldBefore.ended.has(id) ||
      this.#events.view.recentChildren.some((child) => child.id === id)
    );
  }

  #watchOrphan(entry: Entry): void {
    const { id, pid, startTime } = entry.child;
    const ended = (): void => {
      removePipes(this.#log, entry);
      this.#ended({ id, status: unknownStatus, known: false, rusage: null });
    };
    this.#orphans.watch(id, { pid, startTime, ended });
  }

  #ended(ending: Ending): void {
    const entry = this.registry.find(ending.id);
    if (entry === undefined) return;
    const events = this.registry.exited(ending, new Date());
    this.#publish(events);
    if (ending.rusage !== null) this.finished.add(ending.rusage);
    const { exit, cause } = events[0];
    this.endings.add(ending.id, cause);
    this.limits.add(cause);
    this.#log.info(
      { childId: ending.id, pid: entry.child.pid, ...exit, cause, rusage: ending.rusage },
      'child exited',
    );
    this.#exits.tell(entry, ending);
    this.queue.ended();
  }

  #publish(events: readonly EventBody[]): void {
    for (const event of events) this.#events.publish(event);
  }
}

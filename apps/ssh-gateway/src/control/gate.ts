import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import { readDrainDeadline, readDrainReason, type EventLog } from '@hatchery/event-feed';
import type { Drain } from '@hatchery/events';
import { limits } from '../limits.ts';
import type { Listener } from '../listener.ts';
import { describeStatus, unreadyBy } from '../status/describe-status.ts';
import { periodOf, stopEvent } from '../status/period.ts';
import { drainOf } from '../status/status.ts';
import { readWhose } from '../worker/whose.ts';
import type { Worker, WorkerReport } from '../worker/worker.ts';
import type { Controlled } from './control-server.ts';
import { forkerSilent } from './follow-forker.ts';

export interface GateOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly events: EventLog;
  readonly audit: Controlled['audit'];
  readonly listener: Listener;
  readonly worker: Worker;
  /** Why the fork service can start no session now; null when it can. */
  readonly outage: () => string | null;
}

/**
 * What an operator, the fork service and the supervisor do to a gateway. Its status is that of its
 * worker.
 */
export class Gate implements Controlled {
  readonly log: Logger;
  readonly events: EventLog;
  readonly audit: Controlled['audit'];
  readonly #listener: Listener;
  readonly #worker: Worker;
  readonly #drainTimeoutMs: number;
  readonly #spawns: boolean;
  readonly #outage: () => string | null;

  constructor({ config, log, events, audit, listener, worker, outage }: GateOptions) {
    this.log = log;
    this.events = events;
    this.audit = audit;
    this.#listener = listener;
    this.#worker = worker;
    this.#outage = outage;
    this.#spawns = config.ssh.fallback === 'spawn';
    this.#drainTimeoutMs = config.forker.childrenTimeoutS * 1000;
  }

  report(): Promise<WorkerReport> {
    return this.#worker.report();
  }

  unready({ ready, hindrance }: WorkerReport): string | null {
    const why = unreadyBy(this.#worker.status);
    if (why !== null) return why;
    if (ready === 0) return 'no worker process is ready';
    const outage = this.#outage();
    return hindrance ?? (outage === forkerSilent && this.#spawns ? null : outage);
  }

  status(): object {
    const { address: host, port } = this.#listener.address;
    return { listen: { host, port }, ...describeStatus(this.#worker.status) };
  }

  /**
   * Does what the fork service says of itself, where a drain is kept; what came of it in words.
   * @throws as {@link act}
   */
  follow(drain: Drain | null): Promise<string> {
    if (drain === null) return this.#undrain();
    const { deadline, reason } = drain;
    if (deadline === null) return this.#beginDrain(undefined, reason);
    return this.#drainUntil(deadline.getTime(), reason);
  }

  act(verb: string, body: Readonly<Record<string, unknown>>): Promise<string> {
    switch (verb) {
      case 'drain':
        return this.#beginDrain(body['deadlineS'], readDrainReason(body['reason']));
      case 'undrain':
        return this.#undrain();
      case 'reload':
        return this.#reload();
      case 'disconnect':
        return this.#disconnect(body);
      default:
        return Promise.reject(new Error(`there is no ${verb}`));
    }
  }

  /** Ends for good; a second time, or urgently, clients are disconnected at once. */
  stop(urgent: boolean): void {
    // A successor may have the port, and gets all who come from now on.
    void this.#listener.close();
    this.#worker.take(stopEvent(this.#drainTimeoutMs, urgent));
  }

  /**
   * Ends for good behind a successor. It is in nobody's way, so its connections are served until
   * their clients close them, however long that takes and however many sessions they begin, unless
   * an operator drains it.
   */
  retire(): void {
    const period = periodOf(limits.replacedDrainMsMax);
    // Those whom the kernel has given to it are served like any other.
    void this.#listener.close().then(() => this.#worker.take({ type: 'retire', period }));
  }

  async #beginDrain(deadlineS: unknown, reason: string | null): Promise<string> {
    const deadline = readDrainDeadline(deadlineS, new Date());
    if (drainOf(this.#worker.status) !== null && deadline === null) return 'it drains already';
    return this.#drainUntil(deadline?.getTime() ?? periodOf(this.#drainTimeoutMs).deadline, reason);
  }

  async #drainUntil(deadline: number, reason: string | null): Promise<string> {
    // The port stays open: who comes now is told so, and nobody else can take it meanwhile
    // (decision 0017).
    this.#worker.take({ type: 'drain', drain: { since: Date.now(), deadline, reason } });
    const { sessions } = await this.#worker.report();
    return `${sessions.length} ${sessions.length === 1 ? 'session finishes' : 'sessions finish'}`;
  }

  async #undrain(): Promise<string> {
    const { status } = this.#worker;
    if (status.name === 'stopping' || status.name === 'ended')
      throw new Error('it is stopping, which cannot be taken back');
    if (drainOf(status) === null) return 'it was not draining';
    this.#worker.take({ type: 'undrain' });
    if (status.name === 'draining') return 'connections are taken again';
    return 'its connections go on to their end; its successor takes new ones';
  }

  async #disconnect(body: Readonly<Record<string, unknown>>): Promise<string> {
    const count = await this.#worker.disconnect(readWhose(body));
    return `${count} ${count === 1 ? 'connection' : 'connections'} ended`;
  }

  async #reload(): Promise<string> {
    const { status } = this.#worker;
    if (status.name === 'stopping' || status.name === 'ended') throw new Error('it is stopping');
    if (drainOf(status) !== null) throw new Error('it drains; undrain it first');
    if (this.#worker.reload === undefined)
      throw new Error(
        'with ssh.workers = 1 there is nothing to replace; start a second gateway with --overlap yes',
      );
    return this.#worker.reload();
  }
}

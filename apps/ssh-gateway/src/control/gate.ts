import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { Listener } from '../listener.ts';
import type { Worker, WorkerReport } from '../worker/worker.ts';
import type { Controlled } from './control-server.ts';

export interface GateOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly events: EventLog;
  readonly audit: Controlled['audit'];
  readonly listener: Listener;
  readonly worker: Worker;
}

/** Whether new connections come in: open, draining on an operator's word and back, or stopping for good. */
export class Gate implements Controlled {
  readonly log: Logger;
  readonly events: EventLog;
  readonly audit: Controlled['audit'];
  readonly #listener: Listener;
  readonly #worker: Worker;
  readonly #drainTimeoutMs: number;
  #stopping = false;
  #drain: { readonly since: Date; readonly deadline: Date } | null = null;

  constructor({ config, log, events, audit, listener, worker }: GateOptions) {
    this.log = log;
    this.events = events;
    this.audit = audit;
    this.#listener = listener;
    this.#worker = worker;
    this.#drainTimeoutMs = config.forker.childrenTimeoutS * 1000;
  }

  report(): Promise<WorkerReport> {
    return this.#worker.report();
  }

  unready({ ready }: WorkerReport): string | null {
    if (this.#drain !== null) return 'draining';
    return ready === 0 ? 'no worker process is ready' : null;
  }

  status(): object {
    const { address: host, port } = this.#listener.address;
    const state = this.#stopping ? 'stopping' : this.#drain === null ? 'open' : 'draining';
    return {
      ...{ listen: { host, port }, state },
      ...{ drainingSince: this.#drain?.since ?? null, drainDeadline: this.#drain?.deadline ?? null },
    };
  }

  act(verb: string, body: Readonly<Record<string, unknown>>): Promise<string> {
    switch (verb) {
      case 'drain':
        return this.#beginDrain(body['deadlineS']);
      case 'undrain':
        return this.#undrain();
      case 'reload':
        return this.#reload();
      default:
        return Promise.reject(new Error(`there is no ${verb}`));
    }
  }

  /** Ends for good; a second time, or urgently, clients are disconnected at once. */
  stop(urgent: boolean): void {
    this.#stopping = true;
    // A successor may have the port, and gets all who come from now on.
    void this.#listener.close();
    const since = new Date();
    this.#drain ??= { since, deadline: new Date(since.getTime() + this.#drainTimeoutMs) };
    this.#worker.stop(urgent);
  }

  async #beginDrain(deadlineS: unknown): Promise<string> {
    if (deadlineS !== undefined && !(typeof deadlineS === 'number' && deadlineS >= 0 && deadlineS <= 604_800))
      throw new Error('deadlineS takes seconds, at most a week');
    const deadlineMs = deadlineS === undefined ? this.#drainTimeoutMs : deadlineS * 1000;
    if (this.#drain !== null && deadlineS === undefined) return 'it drains already';
    // The port stays open: who comes now is told so, and nobody else can take it meanwhile (decision 0017).
    const since = this.#drain?.since ?? new Date();
    this.#drain = { since, deadline: new Date(Date.now() + deadlineMs) };
    this.#worker.drain(deadlineMs);
    const { sessions } = await this.#worker.report();
    return `${sessions.length} ${sessions.length === 1 ? 'session finishes' : 'sessions finish'}`;
  }

  async #undrain(): Promise<string> {
    if (this.#stopping) throw new Error('it is stopping, which cannot be taken back');
    if (this.#drain === null) return 'it was not draining';
    this.#drain = null;
    this.#worker.undrain();
    return 'connections are taken again';
  }

  async #reload(): Promise<string> {
    if (this.#drain !== null) throw new Error('it drains; undrain it first');
    if (this.#worker.reload === undefined)
      throw new Error('with ssh.workers = 1 there is nothing to replace; start a second gateway with --overlap yes');
    return this.#worker.reload();
  }
}

import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import { readDrainDeadline, readDrainReason, type EventLog } from '@hatchery/event-feed';
import { limits } from '../limits.ts';
import type { Listener } from '../listener.ts';
import { readWhose } from '../worker/whose.ts';
import type { Worker, WorkerReport } from '../worker/worker.ts';
import type { Controlled } from './control-server.ts';
import { forkerSilent, type Drained } from './drained.ts';

export interface GateOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly events: EventLog;
  readonly audit: Controlled['audit'];
  readonly listener: Listener;
  readonly worker: Worker;
}

/** What takes nothing new, and when its clients are disconnected. */
interface Period {
  readonly since: Date;
  readonly deadline: Date;
  /** Of a drain: why, as users read it; null when nobody has said. */
  readonly reason: string | null;
}

/**
 * Whether new connections come in: open, draining on an operator's word and back, or stopping for
 * good.
 */
export class Gate implements Controlled {
  readonly log: Logger;
  readonly events: EventLog;
  readonly audit: Controlled['audit'];
  readonly #listener: Listener;
  readonly #worker: Worker;
  readonly #drainTimeoutMs: number;
  readonly #spawns: boolean;
  /**
   * Why the fork service can start no session now, as it said last; null when it can, or is not
   * there at all.
   */
  outage: string | null = null;
  /** Begun by a stop, and over with the process. */
  #ending: Period | null = null;
  /** True when it is ended because a successor has its place: nobody waits for its end. */
  #isReplaced = false;
  /** On an operator's word. */
  #drain: Period | null = null;

  constructor({ config, log, events, audit, listener, worker }: GateOptions) {
    this.log = log;
    this.events = events;
    this.audit = audit;
    this.#listener = listener;
    this.#worker = worker;
    this.#spawns = config.ssh.fallback === 'spawn';
    this.#drainTimeoutMs = config.forker.childrenTimeoutS * 1000;
  }

  report(): Promise<WorkerReport> {
    return this.#worker.report();
  }

  unready({ ready, hindrance }: WorkerReport): string | null {
    if (this.#drain !== null || this.#ending !== null) return 'draining';
    if (ready === 0) return 'no worker process is ready';
    const outage = this.outage === forkerSilent && this.#spawns ? null : this.outage;
    return hindrance ?? outage;
  }

  status(): object {
    const { address: host, port } = this.#listener.address;
    const state = this.#ending !== null ? 'stopping' : this.#drain === null ? 'open' : 'draining';
    const [first] = [this.#drain, this.#ending]
      .filter((period) => period !== null)
      .toSorted((a, b) => a.since.getTime() - b.since.getTime());
    const deadline = (this.#drain ?? this.#ending)?.deadline ?? null;
    return {
      listen: { host, port },
      state,
      drainingSince: first?.since ?? null,
      drainDeadline: deadline,
    };
  }

  /**
   * Does what the fork service says of itself, where a drain is kept; what came of it in words.
   * @throws as {@link act}
   */
  follow({
    drained,
    deadline,
    reason,
  }: Pick<Drained, 'drained' | 'deadline' | 'reason'>): Promise<string> {
    if (!drained) return this.#undrain();
    return deadline === null
      ? this.#beginDrain(undefined, reason)
      : this.#drainUntil(deadline, reason);
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
    this.#ending ??= periodOf(this.#drainTimeoutMs);
    // A successor may have the port, and gets all who come from now on.
    void this.#listener.close();
    this.#worker.stop(urgent);
  }

  /**
   * Ends for good behind a successor. It is in nobody's way, so its connections are served until
   * their clients close them, however long that takes and however many sessions they begin, unless
   * an operator drains it.
   */
  retire(): void {
    this.#ending ??= periodOf(limits.replacedDrainMsMax);
    this.#isReplaced = true;
    // Those whom the kernel has given to it are served like any other.
    void this.#listener.close().then(() => this.#worker.retire(msUntil(this.#ending?.deadline)));
  }

  async #beginDrain(deadlineS: unknown, reason: string | null): Promise<string> {
    const deadline = readDrainDeadline(deadlineS, new Date());
    const isBegun = this.#drain !== null || (this.#ending !== null && !this.#isReplaced);
    if (isBegun && deadline === null) return 'it drains already';
    return this.#drainUntil(deadline ?? periodOf(this.#drainTimeoutMs).deadline, reason);
  }

  async #drainUntil(deadline: Date, told: string | null): Promise<string> {
    // The port stays open: who comes now is told so, and nobody else can take it meanwhile
    // (decision 0017).
    const reason = told ?? this.#drain?.reason ?? null;
    this.#drain = { since: this.#drain?.since ?? new Date(), deadline, reason };
    this.#worker.drain(msUntil(deadline), reason);
    const { sessions } = await this.#worker.report();
    return `${sessions.length} ${sessions.length === 1 ? 'session finishes' : 'sessions finish'}`;
  }

  async #undrain(): Promise<string> {
    if (this.#ending !== null && !this.#isReplaced)
      throw new Error('it is stopping, which cannot be taken back');
    if (this.#drain === null) return 'it was not draining';
    this.#drain = null;
    this.#worker.undrain();
    if (this.#ending === null) return 'connections are taken again';
    return 'its connections go on to their end; its successor takes new ones';
  }

  async #disconnect(body: Readonly<Record<string, unknown>>): Promise<string> {
    const count = await this.#worker.disconnect(readWhose(body));
    return `${count} ${count === 1 ? 'connection' : 'connections'} ended`;
  }

  async #reload(): Promise<string> {
    if (this.#drain !== null) throw new Error('it drains; undrain it first');
    if (this.#worker.reload === undefined)
      throw new Error(
        'with ssh.workers = 1 there is nothing to replace; start a second gateway with --overlap yes',
      );
    return this.#worker.reload();
  }
}

/** From now on, for so long. */
function periodOf(ms: number): Period {
  const since = new Date();
  return { since, deadline: new Date(since.getTime() + ms), reason: null };
}

/**
 * Zero for what is past; at most a week, also where the clock was put back: a timer of a month
 * would fire at once.
 */
function msUntil(instant: Date | undefined): number {
  return Math.min(limits.replacedDrainMsMax, Math.max(0, (instant?.getTime() ?? 0) - Date.now()));
}

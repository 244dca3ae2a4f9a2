import type { Config } from '@hatchery/config';
import { drainLine } from '@hatchery/event-feed';
import type { Spans } from '@hatchery/events';
import type { ForkRequest } from '@hatchery/protocol';
import type { KeeperLink } from '../../keeper-link/keeper-link.ts';
import type { ChildDetails } from '../../keeper-link/messages.ts';
import { forkMsMax, forksAtOnceMax, keepersPerRequestMax } from '../../limits.ts';
import { judge, lateReason, type Limit, type Load } from './admission.ts';
import { newChildName } from '../forking/child-name.ts';
import { describeRequest } from '../forking/describe-request.ts';
import { ForkRefusal, RequesterLeft, type Forked } from '../forking/forked.ts';
import type { ChildRegistry } from '../running/registry.ts';
import { Turnover } from './turnover.ts';
import { WaitingRoom } from './waiting-room.ts';

/** A request on its way to a child. */
export interface Job {
  readonly request: ForkRequest;
  readonly details: ChildDetails;
  readonly resolve: (child: Forked) => void;
  readonly reject: (error: ForkRefusal | RequesterLeft) => void;
  /** Aborted when nobody waits for it any more. */
  readonly left: AbortSignal | undefined;
  /** Keepers that have died over it. */
  readonly keepersLost: number;
}

interface Pending extends Job {
  readonly deadline: NodeJS.Timeout;
}

const keeperDied = 'the keeper died twice over this request: try again in a minute';
const restarting = 'the service is being restarted: try again in a moment';
const stalled = 'no session can be started at the moment: try again in a minute';

/**
 * Requests from their admission to their child: judged, made to wait, handed to the keeper, and
 * given up.
 */
export class ForkQueue {
  readonly #config: Config;
  readonly #registry: ChildRegistry;
  readonly #room = new WaitingRoom();
  readonly #turnover = new Turnover();
  readonly #pending = new Map<string, Pending>();
  /** Requests whose requester left before their turn. */
  left = 0;
  readonly refused: Record<Limit, number> = {
    draining: 0,
    max_children: 0,
    max_children_per_user: 0,
    waiting: 0,
  };
  #keeper: Pick<KeeperLink, 'send'> | null = null;
  #isDraining = false;
  #drainReason: string | null = null;
  #isStalled = false;
  /**
   * True from when new requests are the next forker's; those that were taken before still get their
   * children.
   */
  isLeaving = false;
  /** How long the children of later requests wait for their clients. */
  childConnectTimeoutS: number;

  constructor(config: Config, registry: ChildRegistry) {
    this.#config = config;
    this.#registry = registry;
    this.childConnectTimeoutS = config.forker.childConnectTimeoutS;
  }

  /** Requests without a child so far. */
  get size(): number {
    return this.#pending.size + this.#room.size;
  }

  get waiting(): number {
    return this.#room.size;
  }

  /** How long requests waited that had to. */
  get waited(): Spans {
    return this.#room.waited;
  }

  /**
   * Takes nothing new, or takes up again; `reason` is why, as users read it. Whoever waits is
   * refused.
   */
  drain(draining: boolean, reason: string | null): void {
    this.#isDraining = draining;
    this.#drainReason = reason;
    if (draining) this.#room.refuseAll(drainLine('session', reason));
  }

  /** True while the keeper gives no answer: whoever waits is told so, and who comes. */
  set isStalled(value: boolean) {
    this.#isStalled = value;
    if (!value) return;
    for (const id of [...this.#pending.keys()]) this.take(id)?.reject(new ForkRefusal(stalled));
    this.#room.refuseAll(stalled);
  }

  /** Resolves when there is a child for the request. @throws {ForkRefusal} or {RequesterLeft} */
  fork(request: ForkRequest, left?: AbortSignal): Promise<Forked> {
    const { promise, resolve, reject } = Promise.withResolvers<Forked>();
    const details = describeRequest(request, new Date());
    const job: Job = { request, details, resolve, reject, left, keepersLost: 0 };
    if (this.isLeaving) return Promise.reject(new ForkRefusal(restarting));
    if (this.#isStalled) return Promise.reject(new ForkRefusal(stalled));
    const verdict = judge(this.#load(job.details.user), this.#config.forker);
    if (verdict.kind === 'fork') this.#send(job);
    else if (verdict.kind === 'wait')
      this.#room.wait(this.#waiting(job), verdict.waitMsMax, this.#late(job));
    else {
      this.refused[verdict.limit] += 1;
      reject(new ForkRefusal(verdict.reason));
    }
    return promise;
  }

  /** Takes the request whose child has come, or null when nobody waits for it any more. */
  take(id: string): Job | null {
    const pending = this.#pending.get(id);
    clearTimeout(pending?.deadline);
    this.#pending.delete(id);
    return pending ?? null;
  }

  refuse(id: string, reason: string): void {
    this.take(id)?.reject(new ForkRefusal(reason));
    this.letIn();
  }

  /** A child has ended: its place is free. */
  ended(): void {
    this.#turnover.ended(performance.now());
    this.letIn();
  }

  /**
   * The keeper to fork with from now on. What had been asked of the one before, and has come to no
   * child, is asked again.
   */
  set keeper(keeper: Pick<KeeperLink, 'send'> | null) {
    this.#keeper = keeper;
    if (keeper === null) this.#takeBack();
    else this.letIn();
  }

  /** Lets in whom there is room for. */
  letIn(): void {
    this.#room.letIn(() => this.#canFork && this.#children < this.#config.forker.childrenMax);
  }

  get #children(): number {
    return this.#registry.size + this.#pending.size;
  }

  get #canFork(): boolean {
    return this.#keeper !== null && this.#pending.size < forksAtOnceMax;
  }

  #load(user: string | null): Load {
    const pendingOfUser = [...this.#pending.values()].filter(
      ({ details }) => details.user === user,
    ).length;
    return {
      user,
      draining: this.#isDraining,
      drainReason: this.#drainReason,
      children: this.#children,
      childrenOfUser: this.#registry.countOf(user) + pendingOfUser + this.#room.countOf(user),
      waiting: this.#room.size,
      canFork: this.#canFork,
      expectedWaitMs: this.#turnover.expectedWaitMs(this.#room.size + 1, performance.now()),
    };
  }

  #send(job: Job): void {
    const { request, details } = job;
    const connectTimeoutS = this.childConnectTimeoutS;
    const id = newChildName(this.#config.runtimeDirectory, new Date(), connectTimeoutS);
    const deadline = setTimeout(() => this.refuse(id, this.#late(job)()), forkMsMax);
    this.#pending.set(id, { ...job, deadline });
    const { command, environment } = request;
    this.#keeper?.send({ request: 'fork', id, command, environment, connectTimeoutS, details });
  }

  #takeBack(): void {
    for (const id of [...this.#pending.keys()].reverse()) {
      const job = this.take(id);
      if (job === null) continue;
      const again = { ...job, keepersLost: job.keepersLost + 1 };
      if (job.left?.aborted === true) this.#leave(job);
      else if (this.#isDraining)
        job.reject(new ForkRefusal(drainLine('session', this.#drainReason)));
      else if (again.keepersLost >= keepersPerRequestMax) job.reject(new ForkRefusal(keeperDied));
      else this.#room.waitFirst(this.#waiting(again), forkMsMax, this.#late(again));
    }
  }

  #waiting(job: Job) {
    return {
      user: job.details.user,
      left: job.left,
      enter: () => this.#send(job),
      refuse: (reason: string) => job.reject(new ForkRefusal(reason)),
      leave: () => this.#leave(job),
    };
  }

  #leave(job: Job): void {
    this.left += 1;
    job.reject(new RequesterLeft('its requester has left'));
  }

  #late({ details }: Job): () => string {
    return () => lateReason(this.#load(details.user), this.#config.forker);
  }
}

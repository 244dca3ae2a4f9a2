import type { Logger } from '@hatchery/daemon';
import { readDrainReason, type EventLog } from '@hatchery/event-feed';
import type { ForkQueue } from './fork-queue.ts';
import { stopActor, type ToldBefore } from '../ending/told-before.ts';

/** Whether an operator wants nothing new to be taken. */
export interface Orders {
  readonly drained: boolean;
  /** How often one has said so or the contrary to this process. */
  readonly orders: number;
  /**
   * When clients that are still there are to be disconnected; null unless it is drained, or when
   * nobody knows it any more.
   */
  readonly deadline: Date | null;
  /** Why, as users read it; null when nobody has said, and of a stop. */
  readonly reason: string | null;
}

/**
 * Whether new requests are taken: unless an operator drains the service, it stops, or the next
 * forker takes them.
 */
export class Intake {
  readonly #queue: ForkQueue;
  readonly #events: EventLog;
  readonly #drainMs: number;
  #isDrained = false;
  #reason: string | null = null;
  #deadline: Date | null = null;
  #orders = 0;
  #isStopping = false;

  /** `drainMs` is how long a drain lets clients go on whose operator has not said. */
  constructor(queue: ForkQueue, events: EventLog, drainMs: number) {
    this.#queue = queue;
    this.#events = events;
    this.#drainMs = drainMs;
  }

  /** True while an operator wants nothing new to be taken, and from the beginning of a stop. */
  get isDraining(): boolean {
    return this.#isDrained || this.#isStopping;
  }

  get orders(): Orders {
    return {
      drained: this.#isDrained,
      orders: this.#orders,
      deadline: this.#deadline,
      reason: this.#reason,
    };
  }

  /** True from the beginning of a stop, which nothing takes back. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /**
   * Takes nothing new, or takes up again, and says on whose word. Without a deadline, or without a
   * `reason`, a drain that goes on keeps its own.
   */
  drain(
    draining: boolean,
    actor: string,
    deadline: Date | null = null,
    reason: string | null = null,
  ): void {
    this.#orders += 1;
    const fresh = (): Date => new Date(Date.now() + this.#drainMs);
    this.#deadline = draining ? (deadline ?? this.#deadline ?? fresh()) : null;
    this.#reason = draining ? (readDrainReason(reason) ?? this.#reason) : null;
    this.#drain(draining, actor);
  }

  /** Takes nothing new any more. */
  beginStop(): void {
    this.#isStopping = true;
    this.#drain(this.#isDrained, stopActor);
  }

  /**
   * Takes nothing new any more, for the next forker will; what has been taken still gets its child.
   */
  beginLeave(): void {
    this.#isStopping = true;
    this.#queue.isLeaving = true;
  }

  /**
   * A drain that an operator asked for outlives the run that it was asked of, with its deadline;
   * the one of a stop does not.
   */
  restore({ draining, drainDeadline, drainReason }: ToldBefore, log: Logger): void {
    if (draining) {
      this.#isDrained = true;
      this.#deadline = drainDeadline;
      this.#reason = readDrainReason(drainReason);
      this.#queue.drain(true, this.#reason);
      log.warn(
        'the service was drained before it ended, and still is; hatchery undrain takes up again',
      );
    } else if (this.#events.view.draining) this.#drain(false, 'start');
  }

  #drain(draining: boolean, actor: string): void {
    this.#isDrained = draining;
    this.#queue.drain(this.isDraining, this.#reason);
    const stopping = this.#isStopping;
    this.#events.publish({
      kind: 'forker.draining',
      draining: this.isDraining,
      actor,
      ...(stopping && { stopping }),
      ...(this.#deadline && { deadline: this.#deadline.toISOString() }),
      // A stop has a reason of its own.
      ...(!stopping && this.#reason !== null && { reason: this.#reason }),
    });
  }
}

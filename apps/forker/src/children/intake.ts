import type { Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { ForkQueue } from './fork-queue.ts';
import { stopActor } from './told-before.ts';

/** Whether new requests are taken: unless an operator drains the service, it stops, or the next forker takes them. */
export class Intake {
  readonly #queue: ForkQueue;
  readonly #events: EventLog;
  #isDrained = false;
  #orders = 0;
  #isStopping = false;

  constructor(queue: ForkQueue, events: EventLog) {
    this.#queue = queue;
    this.#events = events;
  }

  /** True while an operator wants nothing new to be taken, and from the beginning of a stop. */
  get isDraining(): boolean {
    return this.#isDrained || this.#isStopping;
  }

  /** Whether an operator wants nothing new to be taken, and how often one has said so or the contrary to this process. */
  get orders(): { readonly drained: boolean; readonly orders: number } {
    return { drained: this.#isDrained, orders: this.#orders };
  }

  /** True from the beginning of a stop, which nothing takes back. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Takes nothing new, or takes up again, and says on whose word. */
  drain(draining: boolean, actor: string): void {
    this.#orders += 1;
    this.#drain(draining, actor);
  }

  /** Takes nothing new any more. */
  beginStop(): void {
    this.#isStopping = true;
    this.#drain(this.#isDrained, stopActor);
  }

  /** Takes nothing new any more, for the next forker will; what has been taken still gets its child. */
  beginLeave(): void {
    this.#isStopping = true;
    this.#queue.isLeaving = true;
  }

  /** A drain that an operator asked for outlives the run that it was asked of (`drainedBefore`), the one of a stop does not. */
  restore(drainedBefore: boolean, log: Logger): void {
    if (drainedBefore) {
      this.#isDrained = true;
      this.#queue.isDraining = true;
      log.warn('the service was drained before it ended, and still is; hatchery undrain takes up again');
    } else if (this.#events.view.draining) this.#drain(false, 'start');
  }

  #drain(draining: boolean, actor: string): void {
    this.#isDrained = draining;
    this.#queue.isDraining = this.isDraining;
    this.#events.publish({ kind: 'forker.draining', draining: this.isDraining, actor });
  }
}

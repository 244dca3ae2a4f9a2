import type { Spans } from '@hatchery/events';
import { Waits } from './waits.ts';

/** A request that waits for its turn to be forked. */
export interface Waiting {
  readonly user: string | null;
  /** Its turn has come; called in the same turn of the loop in which there is room for it. */
  readonly enter: () => void;
  readonly refuse: (reason: string) => void;
  /** Aborted when it waits for nothing any more. */
  readonly left: AbortSignal | undefined;
  /** It has left, and its seat is free. */
  readonly leave: () => void;
}

interface Seat {
  readonly one: Waiting;
  /** Ends the deadline, and no longer listens for its leaving. */
  readonly settle: () => void;
}

/** Milliseconds of a monotonic clock. */
type Clock = () => number;

/** Requests that wait for a place, in the order they came, each with a deadline of its own. */
export class WaitingRoom {
  #seats: Seat[] = [];
  readonly #waits = new Waits();
  readonly #clock: Clock;

  constructor(clock: Clock = () => performance.now()) {
    this.#clock = clock;
  }

  /** How long those have waited that do not any more, whatever came of it. */
  get waited(): Spans {
    return this.#waits.spans;
  }

  get size(): number {
    return this.#seats.length;
  }

  countOf(user: string | null): number {
    return this.#seats.filter(({ one }) => one.user === user).length;
  }

  /** Waits behind the others; `late` says why it is refused when its turn does not come in time. */
  wait(one: Waiting, waitMsMax: number, late: () => string): void {
    this.#seats.push(this.#seat(one, waitMsMax, late));
  }

  /** Waits before the others, as one that has been in already. */
  waitFirst(one: Waiting, waitMsMax: number, late: () => string): void {
    this.#seats.unshift(this.#seat(one, waitMsMax, late));
  }

  /** Lets them enter, the first first, while there is room. */
  letIn(hasRoom: () => boolean): void {
    while (hasRoom()) {
      const seat = this.#seats.shift();
      if (seat === undefined) return;
      seat.settle();
      seat.one.enter();
    }
  }

  refuseAll(reason: string): void {
    for (const { one, settle } of this.#seats.splice(0)) {
      settle();
      one.refuse(reason);
    }
  }

  #seat(one: Waiting, waitMsMax: number, late: () => string): Seat {
    const sinceMs = this.#clock();
    const giveUp = (tell: () => void) => (): void => {
      settle();
      this.#seats = this.#seats.filter((seat) => seat.one !== one);
      tell();
    };
    const leave = giveUp(() => one.leave());
    const deadline = setTimeout(
      giveUp(() => one.refuse(late())),
      waitMsMax,
    );
    const settle = (): void => {
      this.#waits.add(this.#clock() - sinceMs);
      clearTimeout(deadline);
      one.left?.removeEventListener('abort', leave);
    };
    one.left?.addEventListener('abort', leave);
    return { one, settle };
  }
}

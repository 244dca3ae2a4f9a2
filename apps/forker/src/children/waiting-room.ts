/** A request that waits for its turn to be forked. */
export interface Waiting {
  readonly user: string | null;
  /** Its turn has come; called in the same turn of the loop in which there is room for it. */
  readonly enter: () => void;
  readonly refuse: (reason: string) => void;
}

interface Seat {
  readonly one: Waiting;
  readonly deadline: NodeJS.Timeout;
}

/** Requests that wait for a place, in the order they came, each with a deadline of its own. */
export class WaitingRoom {
  #seats: Seat[] = [];

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
      clearTimeout(seat.deadline);
      seat.one.enter();
    }
  }

  refuseAll(reason: string): void {
    for (const { one, deadline } of this.#seats.splice(0)) {
      clearTimeout(deadline);
      one.refuse(reason);
    }
  }

  #seat(one: Waiting, waitMsMax: number, late: () => string): Seat {
    const deadline = setTimeout(() => {
      this.#seats = this.#seats.filter((seat) => seat.one !== one);
      one.refuse(late());
    }, waitMsMax);
    return { one, deadline };
  }
}

import type { ConnectionRefusal } from '../admission.ts';
import type { Tally } from './tally.ts';

/** A connection's place among those that have not signed in. Both may be called once each, in any order. */
export interface StartupPlace {
  signedIn(): void;
  left(): void;
}

/** A session's place among its user's. */
export interface SessionPlace {
  left(): void;
}

/** A user has as many sessions as there may be. */
export interface SessionRefusal {
  readonly running: number;
  readonly max: number;
}

/** What limits hold for the whole gateway, however many processes it has. */
export interface Places {
  /** Connections that have not signed in; null where another process counts them. */
  readonly unauthenticated: number | null;
  /** Never rejects. */
  connection(address: string, source: string): Promise<StartupPlace | ConnectionRefusal>;
  /** Never rejects; null when the gateway is going away. */
  session(user: string): Promise<SessionPlace | SessionRefusal | null>;
}

/** Places of a gateway that is one process. */
export class OwnPlaces implements Places {
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  get unauthenticated(): number {
    return this.#tally.unauthenticated;
  }

  connection(address: string, source: string): Promise<StartupPlace | ConnectionRefusal> {
    return Promise.resolve(this.#tally.connection(address, source));
  }

  session(user: string): Promise<SessionPlace | SessionRefusal> {
    return Promise.resolve(this.#tally.session(user));
  }
}

import type { ConnectionRefusal } from '../admission.ts';
import type { Places, SessionPlace, SessionRefusal, StartupPlace } from './places.ts';
import type { Tally } from './tally.ts';

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

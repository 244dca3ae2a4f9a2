import type { Config } from '@hatchery/config';
import { drainLine } from '@hatchery/event-feed';
import { admitsStartup } from './startups.ts';

/** A closed list, so that refusals can be counted. */
export type ConnectionRefusal =
  'connections' | 'descriptors' | 'startups' | 'startups-per-source' | 'draining';

/**
 * What the user reads, and what to do. sshd's own words where it has some, for people know how to
 * search for those.
 */
export const refusalLines: Readonly<Record<ConnectionRefusal, string>> = {
  connections: 'Too many connections; try again in a minute',
  descriptors: 'the service is out of file descriptors; try again in a minute',
  startups: 'Exceeded MaxStartups; too many clients are signing in, try again in a minute',
  'startups-per-source':
    'Exceeded PerSourceMaxStartups; too many clients of your address are signing in, try again',
  draining: drainLine('connection', null),
};

export interface AdmissionOptions {
  readonly startupsMax: Config['ssh']['startupsMax'];
  /** Connections of one source that have not signed in. */
  readonly startupsPerSourceMax: number;
  /** Whether a source has no limit of its own, as the address that a build farm shares. */
  readonly isExempt: (address: string) => boolean;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Counts the connections that have not signed in, and decides about one more. What has signed in is
 * a user's and limited as such, not by address.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #bySource = new Map<string, number>();
  #unauthenticated = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get unauthenticated(): number {
    return this.#unauthenticated;
  }

  /** Null when one more may come from `address`, which counts as `source`. */
  refusal(address: string, source: string): ConnectionRefusal | null {
    const { startupsMax, startupsPerSourceMax, isExempt, random } = this.#options;
    if ((this.#bySource.get(source) ?? 0) >= startupsPerSourceMax && !isExempt(address))
      return 'startups-per-source';
    return admitsStartup(this.#unauthenticated, startupsMax, random()) ? null : 'startups';
  }

  /** Counts one in. Both functions may be called once each, in any order. */
  enter(source: string): { readonly signedIn: () => void; readonly left: () => void } {
    this.#unauthenticated += 1;
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
    let counted = true;
    const signedIn = (): void => {
      if (!counted) return;
      counted = false;
      this.#unauthenticated -= 1;
      const rest = (this.#bySource.get(source) ?? 1) - 1;
      if (rest === 0) this.#bySource.delete(source);
      else this.#bySource.set(source, rest);
    };
    return { signedIn, left: signedIn };
  }
}

import { Networks } from '@hatchery/addresses';
import type { Config } from '@hatchery/config';
import { Admission, type ConnectionRefusal } from '../admission.ts';
import type { SessionPlace, SessionRefusal, StartupPlace } from './places.ts';

/** The one count of a gateway: unauthenticated connections by source, and each user's sessions. */
export class Tally {
  readonly #admission: Admission;
  readonly #sessionsPerUserMax: number;
  readonly #sessions = new Map<string, number>();

  /** `random` is in [0, 1). */
  constructor({ ssh }: Pick<Config, 'ssh'>, random: () => number) {
    const { startupsMax, startupsPerSourceMax, sessionsPerUserMax } = ssh;
    const exempt = Networks.of(ssh.limitExempt);
    const isExempt = (address: string): boolean => exempt.has(address);
    this.#admission = new Admission({ startupsMax, startupsPerSourceMax, isExempt, random });
    this.#sessionsPerUserMax = sessionsPerUserMax;
  }

  /** Connections that have not signed in. */
  get unauthenticated(): number {
    return this.#admission.unauthenticated;
  }

  /**
   * Takes a place for a connection from `address`, which counts as `source`, or says why it may not
   * have one.
   */
  connection(address: string, source: string): StartupPlace | ConnectionRefusal {
    return this.#admission.refusal(address, source) ?? this.#admission.enter(source);
  }

  /** Takes a place for a session of `user`, or says why it may not have one. */
  session(user: string): SessionPlace | SessionRefusal {
    const running = this.#sessions.get(user) ?? 0;
    if (running >= this.#sessionsPerUserMax) return { running, max: this.#sessionsPerUserMax };
    this.#sessions.set(user, running + 1);
    let counted = true;
    return {
      left: () => {
        if (!counted) return;
        counted = false;
        const rest = (this.#sessions.get(user) ?? 1) - 1;
        if (rest === 0) this.#sessions.delete(user);
        else this.#sessions.set(user, rest);
      },
    };
  }
}

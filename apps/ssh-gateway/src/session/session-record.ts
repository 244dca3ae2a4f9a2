import type { SignedInConnection } from '../ssh/connection.ts';
import type { ChildExit } from '../ssh/exit-report.ts';
import type { Pumps } from './pumps.ts';

/** What the access line of a session will say: when each phase ended, and how. */
export class SessionRecord {
  readonly #connection: SignedInConnection;
  readonly #now: () => number;
  readonly #openedAtMs: number;
  #forkedAtMs: number | null = null;
  #firstByteAtMs: number | null = null;
  #exit: ChildExit | null = null;

  constructor(connection: SignedInConnection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
    this.#openedAtMs = now();
  }

  forked(): void {
    this.#forkedAtMs = this.#now();
  }

  firstByte(): void {
    this.#firstByteAtMs ??= this.#now();
  }

  exited(exit: ChildExit): void {
    this.#exit = exit;
  }

  /** Each phase in milliseconds from the one before; null for one that was not reached. `auth` is the connection's, shared by its sessions. */
  accessFields(pumps: Pumps | null): Record<string, unknown> {
    const { acceptedAtMs, signedInAtMs, identity } = this.#connection;
    const since = (from: number | null, to: number | null): number | null =>
      from === null || to === null ? null : Math.round((to - from) * 10) / 10;
    return {
      fingerprint: identity.fingerprint,
      exit: this.#exit,
      bytes: pumps?.bytes ?? null,
      phasesMs: {
        auth: since(acceptedAtMs, signedInAtMs),
        exec: since(signedInAtMs, this.#openedAtMs),
        forked: since(this.#openedAtMs, this.#forkedAtMs),
        firstByte: since(this.#forkedAtMs, this.#firstByteAtMs),
        end: since(this.#openedAtMs, this.#now()),
      },
    };
  }
}

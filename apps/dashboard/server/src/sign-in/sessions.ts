import { hkdfSync } from 'node:crypto';
import { clockSkewMsMax } from '@hatchery/sign-in-links';
import type { Person } from './person.ts';
import { sealer, type Sealer } from './sealed.ts';
import { digest, newSecret } from './secret.ts';
import type { KeptSession, SignInStore } from './sign-in-store.ts';

/** The delay with which an open page notices the end of its session. */
const endNoticedMs = 100;

/** One signed-in browser. */
export interface Session<Proof> {
  readonly id: string;
  person: Person;
  /** The tokens for a re-check. */
  proof: Proof;
  readonly endsAt: number;
}

/** The facts of a session beyond those in the store. */
interface Held<Proof> {
  readonly session: Session<Proof>;
  readonly sealer: Sealer<Proof>;
  /** The proof as stored. */
  sealed: string | null;
  /** Whether the store has it. */
  readonly isKept: boolean;
}

/** The settings of sessions. */
export interface SessionsParts {
  /** A session's length in milliseconds. */
  readonly msMax: number;
  /** Milliseconds since 1970: stored sessions outlive every other clock. */
  readonly now: () => number;
  readonly store: SignInStore;
  /**
   * The terms of a sign-in, such as which users have which role; a session under other terms does
   * not count.
   */
  readonly terms: string;
  /** Called when the store fails; sessions then last as long as the process. */
  readonly trouble: (error: Error) => void;
}

/**
 * Signed-in browsers, by the random key in their cookie. The store holds only the key's digest, and
 * a proof sealed with a key derived from it: reading the file gives nobody a session, and no way to
 * ask a provider in another's name.
 */
export class Sessions<Proof> {
  readonly #parts: SessionsParts;
  readonly #held = new Map<string, Held<Proof>>();
  /** Ended sessions, in case the store could not record the end. */
  readonly #ended = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  /** Creates a session and returns its key; drops the oldest session when there are too many. */
  open(person: Person, proof: Proof): string {
    const { msMax, now, store, terms } = this.#parts;
    const key = newSecret();
    const session = { id: nameOf(key), person, proof, endsAt: now() + msMax };
    const own = this.#sealerOf(key);
    const sealed = proof === null ? null : own.seal(proof);
    const kept = { id: session.id, terms, ...person, proof: sealed, endsAt: session.endsAt };
    const isKept = this.#try(() => (store.add(kept, now()), true)) ?? false;
    this.#hold({ session, sealer: own, sealed, isKept });
    return key;
  }

  /** The current session of this key, or null. */
  find(key: string | null): Session<Proof> | null {
    if (key === null) return null;
    const id = nameOf(key);
    return this.#now(id)?.session ?? this.#restore(id, key);
  }

  /** Every living session whose browser came since the start, oldest first. */
  get all(): readonly Session<Proof>[] {
    return [...this.#held.keys()].flatMap((id) => this.#now(id)?.session ?? []);
  }

  /** Updates who the user is; null ends the session. */
  change(session: Session<Proof>, person: Person | null): void {
    const { store } = this.#parts;
    const { id } = session;
    if (
      person !== null &&
      person.name === session.person.name &&
      person.role === session.person.role
    )
      return;
    if (person === null) {
      this.#held.delete(id);
      if (this.#try(() => (store.remove(id), true)) === null) this.#ended.add(id);
    } else {
      session.person = person;
      const isKept = this.#held.get(id)?.isKept === true;
      // If the change cannot be stored, the old state must not be found again.
      if (isKept && this.#try(() => (store.change(id, person.name, person.role), true)) === null)
        return this.change(session, null);
    }
    this.#tell();
  }

  /** Stores the tokens for the next re-check. */
  renew(session: Session<Proof>, proof: Proof): void {
    session.proof = proof;
    const held = this.#held.get(session.id);
    if (held?.isKept !== true) return;
    const sealed = held.sealer.seal(proof);
    held.sealed = sealed;
    this.#try(() => this.#parts.store.renew(session.id, sealed));
  }

  /** Calls `listener` when a session has ended, or its user has changed. */
  whenChanged(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** A session in memory, compared with the store: another process may have ended or changed it. */
  #now(id: string): Held<Proof> | null {
    const held = this.#held.get(id);
    if (held === undefined) return null;
    const { session } = held;
    const kept = held.isKept ? this.#find(id) : null;
    if (kept === 'gone' || !this.#lasts(session.endsAt)) {
      this.#held.delete(id);
      return null;
    }
    if (kept === null) return held;
    session.person = { name: kept.name, role: kept.role };
    if (kept.proof !== held.sealed) {
      session.proof = held.sealer.open(kept.proof) ?? session.proof;
      held.sealed = kept.proof;
    }
    return held;
  }

  /** A session from before the start. */
  #restore(id: string, key: string): Session<Proof> | null {
    const kept = this.#find(id);
    if (kept === null || kept === 'gone' || !this.#lasts(kept.endsAt)) return null;
    const own = this.#sealerOf(key);
    const proof = kept.proof === null ? null : own.open(kept.proof);
    // Without tokens it could not be re-checked any more.
    if (proof === null && kept.proof !== null) return null;
    const session = {
      id,
      person: { name: kept.name, role: kept.role },
      proof: proof as Proof,
      endsAt: kept.endsAt,
    };
    this.#hold({ session, sealer: own, sealed: kept.proof, isKept: true });
    return session;
  }

  /** Null when the store cannot answer. */
  #find(id: string): KeptSession | 'gone' | null {
    if (this.#ended.has(id)) return 'gone';
    return this.#try(() => {
      const kept = this.#parts.store.find(id);
      return kept?.terms === this.#parts.terms ? kept : 'gone';
    });
  }

  /**
   * Not when it has more time left than a new one gets: the clock was set back, or sessions were
   * made shorter.
   */
  #lasts(endsAt: number): boolean {
    const { now, msMax } = this.#parts;
    const leftMs = endsAt - now();
    return leftMs > 0 && leftMs <= msMax + clockSkewMsMax;
  }

  #hold(held: Held<Proof>): void {
    this.#held.set(held.session.id, held);
    // Checks open pages when the session ends; a moment later, because timers may fire early.
    setTimeout(() => this.#tell(), held.session.endsAt - this.#parts.now() + endNoticedMs).unref();
  }

  #sealerOf(key: string): Sealer<Proof> {
    const { msMax, now } = this.#parts;
    const own = Buffer.from(hkdfSync('sha256', key, '', 'hatchery session proof', 32));
    return sealer(msMax + clockSkewMsMax, now, own);
  }

  /** Null when the store fails. */
  #try<Result>(deed: () => Result): Result | null {
    try {
      return deed();
    } catch (error) {
      this.#parts.trouble(error as Error);
      return null;
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function nameOf(key: string): string {
  return digest(key).toString('hex');
}

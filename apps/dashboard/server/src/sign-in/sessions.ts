import { hkdfSync } from 'node:crypto';
import { clockSkewMsMax } from '@hatchery/sign-in-links';
import type { Person } from './person.ts';
import { sealer, type Sealer } from './sealed.ts';
import { digest, newSecret } from './secret.ts';
import type { KeptSession, SignInStore } from './sign-in-store.ts';

/** How late the end of a session is noticed by what is open. */
const endNoticedMs = 100;

/** One signed-in browser. */
export interface Session<Proof> {
  readonly id: string;
  person: Person;
  /** What a re-check needs. */
  proof: Proof;
  readonly endsAt: number;
}

/** What is known of a session beyond what is kept. */
interface Held<Proof> {
  readonly session: Session<Proof>;
  readonly sealer: Sealer<Proof>;
  /** The proof as it is kept. */
  sealed: string | null;
  /** Whether the store has it. */
  readonly isKept: boolean;
}

/** What sessions live by. */
export interface SessionsParts {
  /** A session's length in milliseconds. */
  readonly msMax: number;
  /** Milliseconds since 1970: what is kept outlives every other clock. */
  readonly now: () => number;
  readonly store: SignInStore;
  /** What somebody is signed in under, as who has which role; a session of other terms is none. */
  readonly terms: string;
  /** Told when the store fails; sessions then last as long as the process. */
  readonly trouble: (error: Error) => void;
}

/**
 * Signed-in browsers, by the random key in their cookie. Only its digest is kept, and a proof is
 * sealed with a key made from it: who reads the file is nobody by that, and cannot ask a provider
 * in another's name.
 */
export class Sessions<Proof> {
  readonly #parts: SessionsParts;
  readonly #held = new Map<string, Held<Proof>>();
  /** Ended, in case that the store could not be told. */
  readonly #ended = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  /** The key of a new session; the oldest gives way when there are too many. */
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

  /** The session of this key now, or null. */
  find(key: string | null): Session<Proof> | null {
    if (key === null) return null;
    const id = nameOf(key);
    return this.#now(id)?.session ?? this.#restore(id, key);
  }

  /** Every session that has not ended and whose browser came since the start, oldest first. */
  get all(): readonly Session<Proof>[] {
    return [...this.#held.keys()].flatMap((id) => this.#now(id)?.session ?? []);
  }

  /** Makes somebody who else they are by now; null ends the session. */
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
      // What cannot be kept must not be found as it was.
      if (isKept && this.#try(() => (store.change(id, person.name, person.role), true)) === null)
        return this.change(session, null);
    }
    this.#tell();
  }

  /** Keeps what the next re-check needs. */
  renew(session: Session<Proof>, proof: Proof): void {
    session.proof = proof;
    const held = this.#held.get(session.id);
    if (held?.isKept !== true) return;
    const sealed = held.sealer.seal(proof);
    held.sealed = sealed;
    this.#try(() => this.#parts.store.renew(session.id, sealed));
  }

  /** `listener` is called when a session has ended, or somebody is somebody else. */
  whenChanged(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /**
   * A session that is held, as the store has it by now: another process may have ended or changed
   * it.
   */
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

  /** A session of before the start. */
  #restore(id: string, key: string): Session<Proof> | null {
    const kept = this.#find(id);
    if (kept === null || kept === 'gone' || !this.#lasts(kept.endsAt)) return null;
    const own = this.#sealerOf(key);
    const proof = kept.proof === null ? null : own.open(kept.proof);
    // Nobody could ask any more whether it still holds.
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

  /** Null when the store cannot say. */
  #find(id: string): KeptSession | 'gone' | null {
    if (this.#ended.has(id)) return 'gone';
    return this.#try(() => {
      const kept = this.#parts.store.find(id);
      return kept?.terms === this.#parts.terms ? kept : 'gone';
    });
  }

  /**
   * Not when more is left of it than a new one has: the clock was set back since, or sessions were
   * made shorter.
   */
  #lasts(endsAt: number): boolean {
    const { now, msMax } = this.#parts;
    const leftMs = endsAt - now();
    return leftMs > 0 && leftMs <= msMax + clockSkewMsMax;
  }

  #hold(held: Held<Proof>): void {
    this.#held.set(held.session.id, held);
    // What is open is looked at when it ends; a moment later, for timers may be early.
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

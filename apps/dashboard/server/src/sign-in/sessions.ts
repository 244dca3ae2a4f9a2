import { sessionsMax } from '../limits.ts';
import type { Person } from './person.ts';
import { digest, newSecret } from './secret.ts';

/** How late the end of a session is noticed by what is open. */
const endNoticedMs = 100;

/** One signed-in browser. */
export interface Session<Proof> {
  person: Person;
  /** What a re-check needs. */
  proof: Proof;
  readonly endsAt: number;
}

/** Signed-in browsers, by the random key in their cookie. They last as long as this process, and `msMax` at most. */
export class Sessions<Proof> {
  readonly #msMax: number;
  readonly #now: () => number;
  // Known by digest, so that the time of a look-up says nothing about a key.
  readonly #sessions = new Map<string, Session<Proof>>();
  readonly #listeners = new Set<() => void>();

  /** `now` gives milliseconds. */
  constructor(msMax: number, now: () => number) {
    this.#msMax = msMax;
    this.#now = now;
  }

  /** The key of a new session; the oldest gives way when there are too many. */
  open(person: Person, proof: Proof): string {
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= sessionsMax && !oldest.done) this.#sessions.delete(oldest.value);
    const key = newSecret();
    this.#sessions.set(nameOf(key), { person, proof, endsAt: this.#now() + this.#msMax });
    // What is open is looked at when it ends; a moment later, for timers may be early.
    setTimeout(() => this.#tell(), this.#msMax + endNoticedMs).unref();
    return key;
  }

  /** The session of this key now, or null. */
  find(key: string | null): Session<Proof> | null {
    if (key === null) return null;
    const session = this.#sessions.get(nameOf(key));
    if (session === undefined) return null;
    if (this.#now() < session.endsAt) return session;
    this.#sessions.delete(nameOf(key));
    return null;
  }

  /** Every session that has not ended, oldest first. */
  get all(): readonly Session<Proof>[] {
    return [...this.#sessions.values()].filter(({ endsAt }) => this.#now() < endsAt);
  }

  /** Makes somebody who else they are by now; null ends the session. */
  change(session: Session<Proof>, person: Person | null): void {
    if (person !== null && person.name === session.person.name && person.role === session.person.role) return;
    if (person === null) {
      for (const [name, each] of this.#sessions) if (each === session) this.#sessions.delete(name);
    } else session.person = person;
    this.#tell();
  }

  /** `listener` is called when a session has ended, or somebody is somebody else. */
  whenChanged(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function nameOf(key: string): string {
  return digest(key).toString('hex');
}

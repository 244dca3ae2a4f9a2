import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role } from '@hatchery/events';
import { sessionMsMax, sessionsMax } from '../limits.ts';

/** Who a signed-in browser acts as; `name` is what the audit log says. */
export interface Person {
  readonly name: string;
  readonly role: Role;
}

/** Signed-in browsers, by the random key in their cookie. They last as long as this process, and one shift at most. */
export class Sessions {
  readonly #token: string;
  readonly #now: () => number;
  readonly #people = new Map<string, { readonly person: Person; readonly endsAt: number }>();

  /** `token` is the secret of the sign-in link; `now` gives milliseconds. */
  constructor(token: string, now: () => number) {
    this.#token = token;
    this.#now = now;
  }

  /** The key of a new session, or null when the token is wrong. */
  signIn(token: string): string | null {
    if (!sameSecret(token, this.#token)) return null;
    const oldest = this.#people.keys().next();
    if (this.#people.size >= sessionsMax && !oldest.done) this.#people.delete(oldest.value);
    const key = newSecret();
    this.#people.set(digest(key).toString('hex'), {
      person: { name: 'admin', role: 'admin' },
      endsAt: this.#now() + sessionMsMax,
    });
    return key;
  }

  /** Who holds this key now, or null. */
  find(key: string): Person | null {
    // Looked up by digest, so that the time of the look-up says nothing about the key.
    const name = digest(key).toString('hex');
    const session = this.#people.get(name);
    if (session === undefined) return null;
    if (this.#now() < session.endsAt) return session.person;
    this.#people.delete(name);
    return null;
  }
}

/** 256 random bits, fit for a URL and a cookie. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in a time that depends on neither secret; digests make the lengths equal. */
function sameSecret(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

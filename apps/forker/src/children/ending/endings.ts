import { endingsKeptMax } from '../../limits.ts';
import { lineForUser } from './limit-cause.ts';

/**
 * Why a child ended, and what its user is to read of it; `line` is null where the child has said
 * it, or nothing is to be said.
 */
export interface EndingTold {
  readonly cause: string;
  readonly line: string | null;
}

/**
 * Why the children ended that ended last, for the gateway: a child that was killed tells its user
 * nothing.
 */
export class Endings {
  readonly #causes = new Map<string, string>();

  add(id: string, cause: string): void {
    this.#causes.set(id, cause);
    const [oldest] = this.#causes.keys();
    if (this.#causes.size > endingsKeptMax && oldest !== undefined) this.#causes.delete(oldest);
  }

  /** Null for one that has not ended, or is forgotten. */
  of(id: string): EndingTold | null {
    const cause = this.#causes.get(id);
    return cause === undefined ? null : { cause, line: lineForUser(cause) };
  }
}

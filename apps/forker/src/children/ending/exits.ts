import { exitKeptMs, exitsKeptMax } from '../../limits.ts';
import type { Forked } from '../forking/forked.ts';
import type { Ending, Entry } from '../running/registry.ts';

/** An exit that nobody is known to have read, with the child it ended. */
export interface Unheard {
  readonly entry: Entry;
  readonly ending: Ending;
}

/**
 * Tells each exit to whoever waits for it, and keeps it until somebody is known to have it: to
 * listen is not to hear, for the listener's client may have lost its connection, and an `attach`
 * asks for it again.
 */
export class Exits {
  readonly #listeners = new Map<string, ((status: number) => void)[]>();
  readonly #unheard = new Map<string, Unheard>();
  readonly #taken: (id: string) => void;

  /** `taken` is called once for each exit that has been heard, or that nobody asked for in time. */
  constructor(taken: (id: string) => void) {
    this.#taken = taken;
  }

  /** The raw status of a child that lives. Never rejects. */
  listen(id: string): Promise<number> {
    return new Promise((resolve) => {
      const listeners = this.#listeners.get(id) ?? [];
      this.#listeners.set(id, [...listeners, resolve]);
    });
  }

  tell(entry: Entry, ending: Ending): void {
    const { id, status } = ending;
    this.#unheard.set(id, { entry, ending });
    setTimeout(() => this.heard(id), exitKeptMs).unref();
    const oldest = this.#unheard.keys().next();
    if (this.#unheard.size > exitsKeptMax && oldest.done !== true) this.heard(oldest.value);
    const listeners = this.#listeners.get(id) ?? [];
    this.#listeners.delete(id);
    for (const listener of listeners) listener(status);
  }

  /**
   * Another fork service learns of the exits from now on: listeners get what `exitOf` comes to, and
   * nothing when that is null.
   */
  relay(exitOf: (id: string) => Promise<number | null>): void {
    for (const [id, listeners] of this.#listeners) {
      for (const listener of listeners) {
        void exitOf(id).then((status) => {
          if (status !== null) listener(status);
        });
      }
    }
    this.#listeners.clear();
  }

  /** The exit of a child that has ended, as long as nobody has heard it. */
  find(id: string): Unheard | null {
    return this.#unheard.get(id) ?? null;
  }

  /** A child that lives, as whoever forks it or attaches to it knows it. */
  forked({ child: { id, pid }, directory }: Entry): Forked {
    return { id, pid, directory, exited: this.listen(id), heard: () => this.heard(id) };
  }

  /** The same of one that has ended, as long as nobody has heard it; else null. */
  attach(id: string): Forked | null {
    const unheard = this.find(id);
    if (unheard === null) return null;
    const { child, directory } = unheard.entry;
    const exited = Promise.resolve(unheard.ending.status);
    return { id, pid: child.pid, directory, exited, heard: () => this.heard(id) };
  }

  /** Somebody has the status; to say so twice is no error. */
  heard(id: string): void {
    if (this.#unheard.delete(id)) this.#taken(id);
  }
}

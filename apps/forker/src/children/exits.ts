import { exitKeptMs } from '../limits.ts';
import type { Ending, Entry } from './registry.ts';

/** An exit that nobody was there to hear, with the child it ended. */
export interface Unheard {
  readonly entry: Entry;
  readonly ending: Ending;
}

/** Tells each exit to whoever waits for it, and keeps the others a while: an `attach` may still ask for them. */
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
    const listeners = this.#listeners.get(id);
    this.#listeners.delete(id);
    if (listeners === undefined) {
      this.#unheard.set(id, { entry, ending });
      setTimeout(() => this.take(id), exitKeptMs).unref();
      return;
    }
    for (const listener of listeners) listener(status);
    this.#taken(id);
  }

  /** The exit that nobody has heard yet, which counts as heard now. */
  take(id: string): Unheard | null {
    const unheard = this.#unheard.get(id);
    if (unheard === undefined) return null;
    this.#unheard.delete(id);
    this.#taken(id);
    return unheard;
  }
}

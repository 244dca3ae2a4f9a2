import { recentChildrenMax } from '@hatchery/events';

/**
 * What ended children worked on. A smart server's command names no branch, its locks do, and they
 * are gone with it; so it is remembered from the row while it was there.
 */
export class EndedBranches {
  readonly #branches = new Map<string, string>();

  note(id: string, branch: string | null | undefined): void {
    if (branch === null || branch === undefined) return;
    this.#branches.set(id, branch);
    const [oldest] = this.#branches.keys();
    if (this.#branches.size > recentChildrenMax && oldest !== undefined)
      this.#branches.delete(oldest);
  }

  /** Null when it took no lock, or ended before this page was there. */
  of(id: string): string | null {
    return this.#branches.get(id) ?? null;
  }
}

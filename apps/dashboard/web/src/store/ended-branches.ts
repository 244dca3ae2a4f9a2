import { recentChildrenMax } from '@hatchery/events';

/**
 * The branches of ended children. A smart server's command names no branch; only its locks do, and
 * they go with it. So the page remembers them from the row.
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

  /** Null when it took no lock, or ended before this page was open. */
  of(id: string): string | null {
    return this.#branches.get(id) ?? null;
  }
}

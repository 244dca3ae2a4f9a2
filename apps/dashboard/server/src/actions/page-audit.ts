import { AuditLog, type AuditBody } from '@hatchery/event-feed';

/** What a {@link PageAudit} needs from outside. */
export interface PageAuditOptions {
  readonly directory: string;
  /** Entries do not get to the disk: told once, until one does again. */
  readonly failed: (error: Error) => void;
}

/**
 * What this part alone can tell the audit: who signed in to the page, and what was asked here and
 * not done. A page for a night on which the disk is full comes up all the same: the file is opened
 * with the first entry, and those before are counted.
 */
export class PageAudit implements Disposable {
  readonly #options: PageAuditOptions;
  #log: AuditLog | null = null;
  #lost = 0;

  constructor(options: PageAuditOptions) {
    this.#options = options;
  }

  /** Never throws. */
  append(entry: AuditBody): void {
    const log = this.#open();
    if (log === null) this.#lost += 1;
    else log.append(entry);
  }

  [Symbol.dispose](): void {
    this.#log?.[Symbol.dispose]();
  }

  #open(): AuditLog | null {
    if (this.#log !== null) return this.#log;
    const { directory, failed } = this.#options;
    try {
      this.#log = new AuditLog({ directory, part: 'dashboard', now: () => new Date(), failed });
    } catch (error) {
      if (this.#lost === 0) failed(error as Error);
      return null;
    }
    if (this.#lost > 0)
      this.#log.append({
        kind: 'audit.missing',
        count: this.#lost,
        reason: 'the disk did not take them',
      });
    this.#lost = 0;
    return this.#log;
  }
}

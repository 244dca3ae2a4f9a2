/** Parts that serve together: those of this very process, or those of a successor that it has started. */
export interface Generation {
  /** Rejects when it cannot go on by itself. */
  readonly failed: Promise<never>;
  /** Drains and ends. `urgent` makes it do so at once. */
  stop(urgent: AbortSignal): Promise<void>;
  /** Ends behind a successor that serves: takes nothing new, and what runs goes on to its end unless that becomes urgent. */
  retire(urgent: AbortSignal): Promise<void>;
}

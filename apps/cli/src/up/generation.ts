/**
 * Parts that serve together: those of this very process, or those of a successor that it has
 * started.
 */
export interface Generation {
  /**
   * Resolves with how, when the process that looks after its parts has ended before it was told to.
   */
  readonly lost: Promise<string>;
  /** Drains and ends. `urgent` makes it do so at once. */
  stop(urgent: AbortSignal): Promise<void>;
  /**
   * Ends behind a successor that serves: takes nothing new, and what runs goes on to its end unless
   * that becomes urgent.
   */
  retire(urgent: AbortSignal): Promise<void>;
}

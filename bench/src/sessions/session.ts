/** A smart server that has given its first reply and is now idle. */
export interface Session {
  /** From the request for the session to the last byte of the right reply. */
  readonly firstReplyMs: number;
  /** The process that was started: the server itself, or the ssh client that reaches it. */
  readonly pid: number;
  /**
   * Ends its input and resolves when it has ended well. @throws an Error that says how it ended
   * otherwise
   */
  end(): Promise<void>;
}

/**
 * Opens a session. `signal` ends it, and everything that was started for it. @throws when the reply
 * is not the right one
 */
export type OpenSession = (signal: AbortSignal) => Promise<Session>;

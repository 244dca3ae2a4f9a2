/** Why a connection ended, as a metric counts it. A closed list; the log has the details. */
export type CloseCause =
  /** It never identified itself. */
  | 'ident-timeout'
  /** It never signed in. */
  | 'login-timeout'
  /** It signed in and asked for no session. */
  | 'unused'
  /** It has no algorithm of some kind in common with us. */
  | 'negotiation'
  /** The client broke a rule of the protocol. */
  | 'protocol'
  | 'sign-in-attempts'
  /** The source of users' keys is out of order. */
  | 'keys-unavailable'
  /** The client disconnected. */
  | 'client'
  /** It sent requests and never read the answers. */
  | 'not-reading'
  /** It sent no packet of any kind, not even an answer to ours. */
  | 'silence'
  | 'draining'
  | 'stopped'
  /** An operator ended it, for example because the user was removed. */
  | 'ended'
  /** A defect or failure of ours. */
  | 'gateway';

/** A connection that can be ended. */
export interface Endable {
  /**
   * Sends the reason, and closes when the client has received the last bytes. The client reads
   * `farewell`, or else `reason`.
   */
  readonly disconnect: (cause: CloseCause, reason: string, farewell?: string) => void;
  /** Closes at once. */
  readonly destroy: (cause: CloseCause, reason: string) => void;
}

/** The first cause of an end. */
export interface Ending {
  readonly cause: CloseCause;
  /** For the log. */
  readonly reason: string;
}

/** The cause when no other was recorded before. */
export const clientLeft: Ending = { cause: 'client', reason: 'client disconnected' };

/** The user's keys could not be looked up. */
export const keysUnavailable: Ending = { cause: 'keys-unavailable', reason: 'keys unavailable' };

/**
 * The RFC 4253 11.1 reason code for it: a failure that is not the client's fault may pass in a
 * minute.
 */
export function disconnectReasonOf(
  cause: CloseCause,
): 'by-application' | 'service-not-available' | 'key-exchange-failed' {
  if (cause === 'negotiation') return 'key-exchange-failed';
  return cause === 'draining' || cause === 'keys-unavailable'
    ? 'service-not-available'
    : 'by-application';
}

/** Why a connection ended, as a metric counts it. A closed list; the log has the words. */
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
  /** Where users' keys come from is out of order. */
  | 'keys-unavailable'
  /** It went away by itself. */
  | 'client'
  /** It asked and never read the answers. */
  | 'not-reading'
  /** No packet of any kind, not even an answer to ours. */
  | 'silence'
  | 'draining'
  | 'stopped'
  /** An operator has ended it, as of a user who was removed. */
  | 'ended'
  /** A defect or failure of ours. */
  | 'gateway';

/** A connection that can be ended. */
export interface Endable {
  /**
   * Says why, and closes when the client has taken the last bytes. The client reads `farewell`, or
   * else `reason`.
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

/** What it is when nothing else was said before. */
export const clientLeft: Ending = { cause: 'client', reason: 'client disconnected' };

/** Nobody could be asked about the user's keys. */
export const keysUnavailable: Ending = { cause: 'keys-unavailable', reason: 'keys unavailable' };

/** The word of RFC 4253 11.1 for it: what is not the client's fault may be better in a minute. */
export function disconnectReasonOf(
  cause: CloseCause,
): 'by-application' | 'service-not-available' | 'key-exchange-failed' {
  if (cause === 'negotiation') return 'key-exchange-failed';
  return cause === 'draining' || cause === 'keys-unavailable'
    ? 'service-not-available'
    : 'by-application';
}

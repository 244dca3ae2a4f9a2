/** Why a connection ended, as a metric counts it. A closed list; the log has the words. */
export type CloseCause =
  /** It never identified itself. */
  | 'ident-timeout'
  /** It never signed in. */
  | 'login-timeout'
  /** The client broke a rule of the protocol. */
  | 'protocol'
  | 'sign-in-attempts'
  /** It went away by itself. */
  | 'client'
  /** It asked and never read the answers. */
  | 'not-reading'
  /** No packet of any kind, not even an answer to ours. */
  | 'silence'
  | 'draining'
  | 'stopped'
  /** A defect or failure of ours. */
  | 'gateway';

/** The first cause of an end. */
export interface Ending {
  readonly cause: CloseCause;
  /** For the log. */
  readonly reason: string;
}

/** What it is when nothing else was said before. */
export const clientLeft: Ending = { cause: 'client', reason: 'client disconnected' };

import type { ConnectionRefusal } from '../admission.ts';

/**
 * A connection's place among those that have not signed in. Each of the two may be called once, in
 * any order.
 */
export interface StartupPlace {
  signedIn(): void;
  left(): void;
}

/** A session's place among its user's. */
export interface SessionPlace {
  left(): void;
}

/** The user has the maximum number of sessions. */
export interface SessionRefusal {
  readonly running: number;
  readonly max: number;
}

/** The limits for the whole gateway, over all its processes. */
export interface Places {
  /** Connections that have not signed in; null when another process counts them. */
  readonly unauthenticated: number | null;
  /** Never rejects. */
  connection(address: string, source: string): Promise<StartupPlace | ConnectionRefusal>;
  /** Never rejects; null when the gateway is going away. */
  session(user: string): Promise<SessionPlace | SessionRefusal | null>;
}

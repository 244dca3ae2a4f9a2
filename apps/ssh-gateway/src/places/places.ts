import type { ConnectionRefusal } from '../admission.ts';

/**
 * A connection's place among those that have not signed in. Both may be called once each, in any
 * order.
 */
export interface StartupPlace {
  signedIn(): void;
  left(): void;
}

/** A session's place among its user's. */
export interface SessionPlace {
  left(): void;
}

/** A user has as many sessions as there may be. */
export interface SessionRefusal {
  readonly running: number;
  readonly max: number;
}

/** What limits hold for the whole gateway, however many processes it has. */
export interface Places {
  /** Connections that have not signed in; null where another process counts them. */
  readonly unauthenticated: number | null;
  /** Never rejects. */
  connection(address: string, source: string): Promise<StartupPlace | ConnectionRefusal>;
  /** Never rejects; null when the gateway is going away. */
  session(user: string): Promise<SessionPlace | SessionRefusal | null>;
}

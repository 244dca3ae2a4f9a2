import type { SessionBytes } from './event.ts';

/** A running session, as the ssh gateway lists it (`GET /v1/state`). */
export interface RunningSession {
  readonly sessionId: string;
  readonly childId: string | null;
  readonly user: string;
  readonly peer: string;
  readonly command: string;
  readonly branch: string | null;
  /** As the states of a session are named. */
  readonly state: string;
  readonly ageMs: number;
  /** What has passed so far; null while nothing can. */
  readonly bytes: SessionBytes | null;
}

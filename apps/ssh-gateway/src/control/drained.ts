/**
 * What the fork service says: whether it is drained, how many orders about it its process has had,
 * and when clients must go.
 */
export interface Drained {
  readonly drained: boolean;
  readonly orders: number;
  /** Null when nothing drains, and from a fork service that does not say. */
  readonly deadline: Date | null;
  /** Why, as users read it; null when nothing drains, and when nobody has said. */
  readonly reason: string | null;
  /** Why it can start no session now; null when it can, or does not say. */
  readonly outage: string | null;
}

/** The outage of a fork service that hangs: the one in which sessions may be spawned instead. */
export const forkerSilent = 'the fork service gives no answer';

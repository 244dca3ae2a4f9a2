import type { View } from './view.ts';

/** A drain that an operator has ordered: no new session is taken, and running ones may finish. */
export interface Drain {
  /** Who ordered it. */
  readonly by: string;
  /** Why, on one line as users read it; null when the operator gave no reason. */
  readonly reason: string | null;
  /** When clients that are still connected are disconnected; null when none was set. */
  readonly deadline: Date | null;
}

/** The drain that an operator has ordered, as a reader of the feed knows it; null for a stop. */
export function drainOf(view: View): Drain | null {
  const { draining, stopping, drainedBy = 'unknown', drainReason, drainDeadline } = view;
  return draining && stopping !== true ? readDrain(drainedBy, drainReason, drainDeadline) : null;
}

/** From the fields of an event or a view; `deadline` is RFC 3339. */
export function readDrain(by: string, reason?: string, deadline?: string): Drain {
  const until = deadline === undefined ? null : new Date(deadline);
  return { by, reason: reason ?? null, deadline: until };
}

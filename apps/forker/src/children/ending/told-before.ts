import type { EventLog } from '@hatchery/event-feed';

/** What an earlier run has told, as far as the children it left behind need it. */
export interface ToldBefore {
  /** Why each child that is being ended is, by its id. */
  readonly causes: ReadonlyMap<string, string>;
  /** The ids of children whose end is on record. */
  readonly ended: ReadonlySet<string>;
  /** True when an operator had the service drained. */
  readonly draining: boolean;
  /**
   * When its clients are to be disconnected; null unless it is drained, and when that was not told.
   */
  readonly drainDeadline: Date | null;
  /** Why, as the operator put it; null unless it is drained, and when that was not told. */
  readonly drainReason: string | null;
}

/** The actor of a drain that is the beginning of a stop. It ends with the process. */
export const stopActor = 'stop';

/** Reads the log of earlier runs. To be called before anything is published. */
export function toldBefore({ view, kept }: Pick<EventLog, 'view' | 'kept'>): ToldBefore {
  const causes = new Map<string, string>();
  const ended = new Set(view.recentChildren.map(({ id }) => id));
  for (const event of kept) {
    if (event.kind === 'child.stopping') causes.set(event.id, event.cause);
    else if (event.kind === 'child.exited') ended.add(event.id);
  }
  const { drainDeadline: until, drainReason = null } = view;
  const draining = view.draining && view.stopping !== true;
  const drainDeadline = draining && until !== undefined ? new Date(until) : null;
  return {
    causes,
    ended,
    draining,
    drainDeadline,
    drainReason: draining ? drainReason : null,
  };
}

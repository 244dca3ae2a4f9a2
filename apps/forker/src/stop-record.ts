import { randomUUID } from 'node:crypto';
import type { EventLog } from '@hatchery/event-feed';

/**
 * Tells the audit, once, who has stopped a fork service that runs alone; under a supervisor that
 * one does.
 */
export class StopRecord {
  readonly #events: Pick<EventLog, 'publish'>;
  #isDone: boolean;

  constructor(events: Pick<EventLog, 'publish'>, isAlone: boolean) {
    this.#events = events;
    this.#isDone = !isAlone;
  }

  /** `actor` is who asked, `unknown` where nobody can tell; `reason` is how. */
  note(actor: string, reason: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    const actionId = randomUUID();
    this.#events.publish({
      kind: 'action.requested',
      actionId,
      actor,
      verb: 'stop',
      target: 'forker',
      reason,
    });
    this.#events.publish({ kind: 'action.done', actionId, outcome: 'done' });
  }
}

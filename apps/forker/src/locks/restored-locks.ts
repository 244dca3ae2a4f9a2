import type { EventLog } from '@hatchery/event-feed';
import type { Lock } from '@hatchery/events';

/** The locks of the last recorded view: those of scripts, and Breezy's. */
export function restoredLocks(events: Pick<EventLog, 'view'>): [scripts: Lock[], breezys: Lock[]] {
  const all = Object.values(events.view.locks);
  return [all.filter(({ kind }) => kind === 'script'), all.filter(({ kind }) => kind !== 'script')];
}

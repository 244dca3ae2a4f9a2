import type { Stuck, UsageSample, View } from '@hatchery/events';
import { stuckAfterMs } from '../limits.ts';

/** Less than this is the noise of a timer that wakes up. */
const cpuPercentOfNothing = 0.5;

interface Seen {
  readonly bytes: number;
  /** The publisher's clock, milliseconds since 1970. */
  readonly progressAt: number;
}

/**
 * When each child last used the CPU, read or wrote. Watched here and not in the page, so that a page that is opened
 * during an incident knows at once who is stuck.
 */
export class Progress {
  readonly #seen = new Map<string, Seen>();

  note({ id, at, usage }: UsageSample): void {
    const bytes = (usage.readBytes ?? 0) + (usage.writeBytes ?? 0);
    const before = this.#seen.get(id);
    const progressed = before === undefined || bytes !== before.bytes || (usage.cpuPercent ?? 0) > cpuPercentOfNothing;
    if (progressed) this.#seen.set(id, { bytes, progressAt: Date.parse(at) });
  }

  /** Children that hold a lock and made no progress for {@link stuckAfterMs} as of `now` (milliseconds). */
  stuck(view: View, now: number): readonly Stuck[] {
    for (const id of this.#seen.keys()) if (view.children[id] === undefined) this.#seen.delete(id);
    const holders = new Set(Object.values(view.locks).map(({ holder }) => holder?.childId));
    return [...this.#seen]
      .filter(([id, { progressAt }]) => holders.has(id) && now - progressAt >= stuckAfterMs)
      .map(([id, { progressAt }]) => ({ id, since: new Date(progressAt).toISOString() }));
  }
}

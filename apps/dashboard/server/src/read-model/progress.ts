import type { Stuck, UsageSample, View } from '@hatchery/events';
import { stuckAfterMs, stuckCpuShareMax } from '../limits.ts';

/**
 * How far apart the instants are at which the use of CPU is remembered: 30 of them cover {@link
 * stuckAfterMs}.
 */
const markEveryMs = 10_000;

/**
 * What a child had used of the CPU in all, at an instant of the publisher's clock. Both in
 * milliseconds.
 */
interface Mark {
  readonly at: number;
  readonly cpuMs: number;
}

interface Seen {
  readonly bytes: number;
  /** When it last read or wrote, or was first seen. */
  readonly bytesAt: number;
  readonly latest: Mark;
  /**
   * Oldest first; the first is at least {@link stuckAfterMs} old once the child has been watched
   * that long.
   */
  readonly marks: readonly Mark[];
  /**
   * Since when it has used next to no CPU, or null while it uses some or has not been watched for
   * long enough.
   */
  readonly idleSince: number | null;
}

/**
 * Which children use neither CPU nor disk. A process that waits for its client still wakes up once
 * a second, and the kernel counts in ticks: one sample in hundreds then shows a whole percent. So
 * CPU is judged over all of {@link stuckAfterMs}. Watched here and not in the page, so that a page
 * that is opened during an incident knows at once.
 */
export class Progress {
  readonly #seen = new Map<string, Seen>();

  note({ id, at: instant, usage }: UsageSample): void {
    const at = Date.parse(instant);
    const known = this.#seen.get(id);
    // A clock that was set back says nothing about how long ago anything was: it is watched anew.
    const before = known !== undefined && known.latest.at > at ? undefined : known;
    const bytes = (usage.readBytes ?? 0) + (usage.writeBytes ?? 0);
    const sinceMs = before === undefined ? 0 : at - before.latest.at;
    const latest: Mark = {
      at,
      cpuMs: (before?.latest.cpuMs ?? 0) + (sinceMs * (usage.cpuPercent ?? 0)) / 100,
    };
    const marks = marked(before?.marks ?? [], latest);
    this.#seen.set(id, {
      bytes,
      bytesAt: before === undefined || bytes !== before.bytes ? at : before.bytesAt,
      latest,
      marks,
      idleSince: isIdle(marks, latest) ? (before?.idleSince ?? at - stuckAfterMs) : null,
    });
  }

  /**
   * Children that hold a lock and made no progress for {@link stuckAfterMs} as of `now`
   * (milliseconds).
   */
  stuck(view: View, now: number): readonly Stuck[] {
    for (const id of this.#seen.keys()) if (view.children[id] === undefined) this.#seen.delete(id);
    const holders = new Set(Object.values(view.locks).map(({ holder }) => holder?.childId));
    return [...this.#seen].flatMap(([id, { bytesAt, idleSince }]) => {
      if (idleSince === null || !holders.has(id)) return [];
      const since = Math.max(bytesAt, idleSince);
      return now - since >= stuckAfterMs ? [{ id, since: new Date(since).toISOString() }] : [];
    });
  }
}

/** The marks with the latest one, if it is due, and without those that the window has passed. */
function marked(marks: readonly Mark[], latest: Mark): readonly Mark[] {
  const last = marks.at(-1);
  if (last !== undefined && latest.at - last.at < markEveryMs) return marks;
  const passed = marks.findLastIndex(({ at }) => latest.at - at >= stuckAfterMs);
  return [...marks.slice(Math.max(0, passed)), latest];
}

/**
 * Whether less than {@link stuckCpuShareMax} of the whole window was used. What is not watched that
 * long may be busy.
 */
function isIdle(marks: readonly Mark[], { at, cpuMs }: Mark): boolean {
  const from = marks.findLast((mark) => at - mark.at >= stuckAfterMs);
  return from !== undefined && cpuMs - from.cpuMs < (at - from.at) * stuckCpuShareMax;
}

import { setTimeout as delay } from 'node:timers/promises';

/** How long a condition is waited for, and how often it is looked at. */
export interface Patience {
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Milliseconds after which there is one last look; without it for ever. */
  readonly forMs?: number;
  /** Ends the wait; there is one last look then, too. */
  readonly signal?: AbortSignal;
}

/** What a look can find: everything but the values that say that it is not there yet. */
export type Found<T> = Exclude<T, false | null | undefined>;

/**
 * Looks at once and again and again until `look` finds something but false, null or undefined, and
 * returns that; null when the patience is over first. Time is measured by a clock that nobody sets.
 * @throws what `look` throws
 */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  { everyMs, forMs = Infinity, signal }: Patience,
): Promise<Found<T> | null> {
  const deadline = performance.now() + forMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) return found as Found<T>;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0 || signal?.aborted === true) return null;
    await pause(Math.min(everyMs, leftMs), signal);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    // The signal ends the wait; the caller of `waitFor` sees it there.
    if (signal?.aborted !== true) throw error;
  }
}

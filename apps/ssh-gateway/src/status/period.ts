import { limits } from '../limits.ts';
import type { Period, StatusEvent } from './status.ts';

/** From now on, for so many milliseconds. */
export function periodOf(ms: number, now: number = Date.now()): Period {
  return { since: now, deadline: now + ms };
}

/** A stop from now on; `drainMs` is what it gives the sessions that run. */
export function stopEvent(drainMs: number, urgent: boolean): StatusEvent {
  return { type: 'stop', period: periodOf(drainMs), urgent };
}

/**
 * Milliseconds until an instant: zero for what is past, a week at most, also where the clock was
 * put back, since a timer of a month would fire at once.
 */
export function msUntil(instant: number, now: number = Date.now()): number {
  return Math.min(limits.replacedDrainMsMax, Math.max(0, instant - now));
}

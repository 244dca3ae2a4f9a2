import { duration as twoUnits, shortDuration as tenths } from '@hatchery/display';
import { space } from './quantity.ts';

export { stopwatch } from '@hatchery/display';

/** A length of time in at most two units, such as `3 m 12 s`. A negative `ms` counts as 0. */
export function duration(ms: number): string {
  return twoUnits(ms, space);
}

/** A short length of time, such as `0.2 s`: in seconds, with a tenth below ten seconds. */
export function shortDuration(ms: number): string {
  return tenths(ms, space);
}

/** How long something took, such as `12 ms`, `3.4 s` or `2 m 05 s`; a dash when unknown. */
export function length(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${Math.round(ms)}${space}ms` : shortDuration(ms);
}

import { age } from '@hatchery/display';

/** How far two good clocks may be apart. */
const clockSlackMs = 2_000;

/** Since when, as `59 s`, or `in 5 min` by a clock that is wrong; `-` when nobody knows. */
export function describeAge(since: string | null | undefined, now: Date): string {
  if (since === null || since === undefined) return '-';
  const at = Date.parse(since);
  return isAhead(since, now) ? `in ${age(now.getTime(), at)}` : age(at, now.getTime());
}

/** Whether an instant is further ahead than clocks differ, and whole seconds are rounded. */
export function isAhead(since: string | null | undefined, now: Date): boolean {
  return since !== null && since !== undefined && Date.parse(since) > now.getTime() + clockSlackMs;
}

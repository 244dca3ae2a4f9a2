import { age } from '@hatchery/display';

/** The largest difference between two correct clocks. */
const clockSlackMs = 2_000;

/** Time since an instant, such as `59 s`, or `in 5 min` when a clock is wrong; `-` when unknown. */
export function describeAge(since: string | null | undefined, now: Date): string {
  if (since === null || since === undefined) return '-';
  const at = Date.parse(since);
  return isAhead(since, now) ? `in ${age(now.getTime(), at)}` : age(at, now.getTime());
}

/** Whether an instant is further ahead than clocks differ, with whole seconds rounded. */
export function isAhead(since: string | null | undefined, now: Date): boolean {
  return since !== null && since !== undefined && Date.parse(since) > now.getTime() + clockSlackMs;
}

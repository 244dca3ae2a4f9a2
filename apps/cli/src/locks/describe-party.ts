import type { LockParty } from '@hatchery/events';
import { age } from '../age.ts';

/** How far two good clocks may be apart. */
const clockSlackMs = 2_000;

/** Characters of a command in a row, which has to fit on a line; the whole command is in `--json`. */
const commandShown = 48;

/** Somebody who holds a lock or waits for one, as on-call looks for them: by user, process, and session or command. */
export function describeParty(one: LockParty | null): string {
  if (one === null) return 'nobody knows who';
  const { user, pid, host, command, childId } = one;
  const who = [user, pid === null ? null : `pid ${pid}`, childId === null ? null : `session ${childId}`];
  // What a session of a user runs is the smart server; what the others run says more than who they are.
  const what = childId !== null && user !== null ? null : (command ?? (host === null ? null : `on ${host}`));
  const words = [...who, what === null ? null : shorten(what)].filter((word) => word !== null);
  return words.length === 0 ? 'somebody' : words.join(' ');
}

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

function shorten(text: string): string {
  return text.length > commandShown ? `${text.slice(0, commandShown - 1)}…` : text;
}

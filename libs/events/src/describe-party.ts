import type { LockParty } from './lock.ts';

/**
 * Characters of a command in a row, which has to fit on a line; the whole command is in `--json`.
 */
const commandShown = 48;

/**
 * Somebody who holds a lock or waits for one, as on-call looks for them: by user, process, and
 * session or command.
 */
export function describeParty(one: LockParty | null): string {
  if (one === null) return 'nobody knows who';
  const { user, pid, host, command, childId } = one;
  const who = [
    user,
    pid === null ? null : `pid ${pid}`,
    childId === null ? null : `session ${childId}`,
  ];
  // What a session of a user runs is the smart server; what the others run says more than who they
  // are.
  const what =
    childId !== null && user !== null ? null : (command ?? (host === null ? null : `on ${host}`));
  const words = [...who, what === null ? null : shorten(what)].filter((word) => word !== null);
  return words.length === 0 ? 'somebody' : words.join(' ');
}

function shorten(text: string): string {
  return text.length > commandShown ? `${text.slice(0, commandShown - 1)}…` : text;
}

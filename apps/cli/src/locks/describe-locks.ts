import type { Lock } from '@hatchery/events';
import { table, visible } from '../table.ts';
import { describeAge, describeParty } from './describe-party.ts';
import { describeRemedies } from './describe-remedies.ts';
import { describeWaiting } from './describe-waiting.ts';

/** The locks as a table; below it who blocks whom as a tree, when somebody waits; and what to do, when something is. */
export function describeLocks(locks: readonly Lock[], now: Date): string {
  if (locks.length === 0) return 'no lock is held\n';
  const rows = locks.map(({ id, kind, condition, name, holder, waiters, reasons }) => [
    id,
    kind,
    condition,
    describeAge(holder?.since, now),
    String(waiters.length),
    describeParty(holder),
    `${name}${remark(condition, reasons ?? [])}`,
  ]);
  const head = ['ID', 'KIND', 'CONDITION', 'AGE', 'WAIT', 'HOLDER', 'NAME'];
  return table(head, rows) + paragraph(describeWaiting(locks, now)) + paragraph(describeRemedies(locks));
}

/** That a holder runs is no news; that it is stopped is why a push hangs. */
function remark(condition: Lock['condition'], reasons: readonly string[]): string {
  const told = condition === 'held' ? reasons.filter((reason) => reason.includes('stopped')) : reasons;
  return told.length === 0 ? '' : ` (${told.join('; ')})`;
}

function paragraph(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${lines.map((line) => `${visible(line)}\n`).join('')}`;
}

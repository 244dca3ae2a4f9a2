import { visible } from '@hatchery/display';
import { describeParty, type Lock } from '@hatchery/events';
import { table } from '../terminal/table.ts';
import { describeAge, isAhead } from './describe-age.ts';
import { describeRemedies } from './describe-remedies.ts';
import { describeWaiting } from './describe-waiting.ts';

/**
 * The locks as a table; below it a tree of who blocks whom, when there are waiters; then the
 * remedies, when some are needed. `areAll` is false when branch locks are unknown; `hint` belongs
 * to the invocation that shows them.
 */
export function describeLocks(
  locks: readonly Lock[],
  now: Date,
  areAll = true,
  hint: (text: string) => string = (text) => text,
): string {
  const unknown = 'those of branches are not known';
  if (locks.length === 0)
    return areAll ? 'no lock is held\n' : `no lock of a script is held; ${unknown}\n`;
  const rows = locks.map(({ id, kind, condition, name, holder, waiters, reasons }) => [
    id,
    kind,
    condition,
    describeAge(holder?.since, now),
    String(waiters.length),
    describeParty(holder),
    `${name}${remark(condition, reasons ?? [], isAhead(holder?.since, now))}`,
  ]);
  const head = ['ID', 'KIND', 'CONDITION', 'AGE', 'WAIT', 'HOLDER', 'NAME'];
  const below = [
    describeWaiting(locks, now),
    describeRemedies(locks).map(hint),
    areAll ? [] : [`only locks of scripts: ${unknown}`],
  ];
  return table(head, rows) + below.map(paragraph).join('');
}

/** A running holder is normal; a stopped one explains why a push hangs. */
function remark(
  condition: Lock['condition'],
  reasons: readonly string[],
  isDatedAhead: boolean,
): string {
  const news =
    condition === 'held' ? reasons.filter((reason) => reason.includes('stopped')) : reasons;
  const told = isDatedAhead ? [...news, 'its date is in the future: a clock is wrong'] : news;
  return told.length === 0 ? '' : ` (${told.join('; ')})`;
}

function paragraph(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${lines.map((line) => `${visible(line)}\n`).join('')}`;
}

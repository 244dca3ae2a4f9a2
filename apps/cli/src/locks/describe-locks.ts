import type { Lock, LockParty } from '@hatchery/events';
import { countBehind, waitForest, type BlockingLock, type Deadlock, type WaitNode } from '@hatchery/locks';
import { table } from '../table.ts';

/** The locks as a table, and below it who blocks whom as a tree, when somebody waits. */
export function describeLocks(locks: readonly Lock[], now: Date): string {
  if (locks.length === 0) return 'no lock is held\n';
  const rows = locks.map(({ id, kind, condition, name, holder, waiters, reasons }) => [
    id,
    kind,
    condition,
    age(holder?.since ?? null, now),
    String(waiters.length),
    party(holder),
    `${name}${remark(condition, reasons ?? [])}`,
  ]);
  return table(['ID', 'KIND', 'CONDITION', 'AGE', 'WAIT', 'HOLDER', 'NAME'], rows) + describeWaiting(locks, now);
}

/** That a holder runs is no news; that it is stopped is why a push hangs. */
function remark(condition: Lock['condition'], reasons: readonly string[]): string {
  const told = condition === 'held' ? reasons.filter((reason) => reason.includes('stopped')) : reasons;
  return told.length === 0 ? '' : ` (${told.join('; ')})`;
}

function describeWaiting(locks: readonly Lock[], now: Date): string {
  const { roots, deadlocks } = waitForest(locks);
  if (roots.length === 0 && deadlocks.length === 0) return '';
  const lines = [
    ...deadlocks.flatMap((deadlock) => deadlockLines(deadlock, now)),
    ...roots.flatMap((root) => [
      `${party(root.party)} blocks ${countBehind(root)}`,
      ...blockLines(root.blocks, '  ', now),
    ]),
  ];
  return `\n${lines.join('\n')}\n`;
}

function deadlockLines({ steps, behind }: Deadlock, now: Date): string[] {
  return [
    'DEADLOCK: nobody of these can go on until one is ended',
    ...steps.map(({ party: waiter, waitsFor }) => {
      return `  ${party(waiter)} waits for ${lockName(waitsFor)}, held by ${party(waitsFor.holder)}`;
    }),
    ...blockLines(behind, '    ', now),
  ];
}

function blockLines(blocks: readonly BlockingLock[], indent: string, now: Date): string[] {
  return blocks.flatMap(({ lock, waiters }) => [
    `${indent}${lockName(lock)}`,
    ...waiters.flatMap((waiter) => waiterLines(waiter, `${indent}  `, now)),
  ]);
}

function waiterLines({ party: waiter, blocks }: WaitNode, indent: string, now: Date): string[] {
  const since = age(waiter?.since ?? null, now);
  return [`${indent}${party(waiter)} waits ${since}`, ...blockLines(blocks, `${indent}  `, now)];
}

function lockName({ kind, name, id }: Lock): string {
  return `${kind} ${name} (${id})`;
}

function party(one: LockParty | null): string {
  if (one === null) return 'nobody knows who';
  const { user, pid, host, command, childId } = one;
  const what = childId === null ? (command ?? (host === null ? '' : `on ${host}`)) : `session ${childId}`;
  return `${user ?? 'somebody'}${pid === null ? '' : ` pid ${pid}`}${what === '' ? '' : ` ${shorten(what)}`}`;
}

/** A row has to fit on a line; the whole command is in `--json`. */
function shorten(text: string): string {
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

function age(since: string | null, now: Date): string {
  if (since === null) return '-';
  const seconds = Math.round((now.getTime() - Date.parse(since)) / 1000);
  return seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`;
}

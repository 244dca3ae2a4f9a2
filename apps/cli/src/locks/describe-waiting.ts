import { describeParty, type Lock } from '@hatchery/events';
import {
  countBehind,
  waitForest,
  type BlockingLock,
  type Deadlock,
  type WaitNode,
} from '@hatchery/locks';
import { describeAge } from './describe-age.ts';

/** Who blocks whom, as lines; none without waiters. */
export function describeWaiting(locks: readonly Lock[], now: Date): string[] {
  const { roots, deadlocks } = waitForest(locks);
  return [
    ...deadlocks.flatMap((deadlock) => deadlockLines(deadlock, now)),
    ...roots.flatMap((root) => [
      `${describeParty(root.party)} blocks ${countBehind(root)}`,
      ...blockLines(root.blocks, '  ', now),
    ]),
  ];
}

function deadlockLines({ steps, behind }: Deadlock, now: Date): string[] {
  return [
    'DEADLOCK: none of these can continue until one is ended',
    ...steps.map(({ party, waitsFor }) => {
      return `  ${describeParty(party)} waits for ${lockName(waitsFor)}, held by ${describeParty(waitsFor.holder)}`;
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

function waiterLines({ party, blocks }: WaitNode, indent: string, now: Date): string[] {
  const since = describeAge(party?.since, now);
  return [
    `${indent}${describeParty(party)} waits ${since}`,
    ...blockLines(blocks, `${indent}  `, now),
  ];
}

function lockName({ kind, name, id }: Lock): string {
  return `${kind} ${name} (${id})`;
}

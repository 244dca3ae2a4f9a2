import type { Lock } from '@hatchery/events';
import { waitForest, type WaitNode } from '@hatchery/locks';

/** At three in the morning nobody reads more than that; the first ones help most. */
const remediesShown = 8;

/** The remedies for locks that block somebody or would stay for ever, one line each. */
export function describeRemedies(locks: readonly Lock[]): string[] {
  const { roots, deadlocks } = waitForest(locks);
  const inTheWay = [
    ...deadlocks.map(({ steps }) => steps.map(({ waitsFor }) => waitsFor)),
    ...roots.map(locksOf),
  ];
  const held = inTheWay.flatMap(([first]) => (first?.condition === 'held' ? [first] : []));
  const left = locks.filter(({ condition }) => condition !== 'held');
  const lines = [...held, ...left].map((lock) => `${lock.id}  ${remedy(lock)}`);
  const more = lines.length - remediesShown;
  return more > 0 ? [...lines.slice(0, remediesShown), `and ${more} more`] : lines;
}

function locksOf({ blocks }: WaitNode): Lock[] {
  return blocks.map(({ lock }) => lock);
}

function remedy({ id, condition, holder, kind }: Lock): string {
  switch (condition) {
    case 'held':
      return `to end its ${kind === 'script' ? 'job' : 'holder'} and free it: hatchery break-lock ${id} --reason TEXT`;
    case 'deleted':
      return `do not delete the files of locks; to end its job: hatchery break-lock ${id} --reason TEXT`;
    case 'orphaned':
      return 'frees itself after its grace, unless its client comes back: nothing to do';
    case 'stale':
      return `its holder is dead: hatchery break-lock ${id} --reason TEXT`;
    case 'unknown': {
      const where = holder?.host === null || holder?.host === undefined ? '' : ` on ${holder.host}`;
      return `look for its holder${where}; when that is dead: hatchery break-lock ${id} --force --reason TEXT`;
    }
  }
}

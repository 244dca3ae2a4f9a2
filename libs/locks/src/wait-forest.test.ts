import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Lock, LockParty } from '@hatchery/events';
import fc from 'fast-check';
import { countBehind, waitForest, type BlockingLock, type WaitNode } from './wait-forest.ts';

function session(childId: string): LockParty {
  return { childId, pid: null, user: null, host: null, command: null, since: null };
}

function script(pid: number, ...ancestors: number[]): LockParty {
  return { childId: null, pid, user: null, host: 'h', command: null, since: null, ancestors };
}

function lock(id: string, holder: LockParty | null, ...waiters: LockParty[]): Lock {
  const own = { id, path: id, name: id, nonce: null };
  return { ...own, kind: 'branch', holder, waiters, condition: 'held', reasons: [] };
}

/** A node as text: `a(l1: b c(l2: d))`. */
function draw({ party, blocks }: WaitNode): string {
  const name = party?.childId ?? party?.pid ?? '?';
  return blocks.length === 0 ? `${name}` : `${name}(${blocks.map(drawBlock).join(' ')})`;
}

function drawBlock({ lock: { id }, waiters }: BlockingLock): string {
  return `${id}: ${waiters.map(draw).join(' ')}`;
}

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(session) as [
  LockParty,
  LockParty,
  LockParty,
  LockParty,
];

describe('a forest of waiting', () => {
  it('is empty when nobody waits', () => {
    assert.deepEqual(waitForest([lock('l1', a), lock('l2', null)]), { roots: [], deadlocks: [] });
  });

  it('has holders that block and do not wait as roots, through several locks, with the most behind it first', () => {
    const forest = waitForest([
      lock('l3', d, session('e')),
      lock('l1', a, b, c),
      lock('l2', b, session('f')),
    ]);
    assert.deepEqual(forest.roots.map(draw), ['a(l1: b(l2: f) c)', 'd(l3: e)']);
    assert.deepEqual(forest.roots.map(countBehind), [3, 1]);
    assert.deepEqual(forest.deadlocks, []);
  });

  it('has one root per lock for an unknown holder', () => {
    const { roots } = waitForest([lock('l1', null, a), lock('l2', null, b)]);
    assert.deepEqual(roots.map(draw), ['?(l1: a)', '?(l2: b)']);
  });

  it('shows a deadlock as one, and the parties that wait behind it', () => {
    const { roots, deadlocks } = waitForest([lock('l1', a, b, d), lock('l2', b, a)]);
    assert.deepEqual(roots, []);
    const [deadlock, ...others] = deadlocks;
    assert.deepEqual(others, []);
    assert.deepEqual(
      deadlock?.steps.map(({ party, waitsFor }) => [party.childId, waitsFor.id]),
      [
        ['b', 'l1'],
        ['a', 'l2'],
      ],
    );
    assert.deepEqual(deadlock?.behind.map(drawBlock), ['l1: d']);
  });

  it('detects a party that waits for itself', () => {
    const { deadlocks } = waitForest([lock('l1', a, a)]);
    assert.deepEqual(
      deadlocks[0]?.steps.map(({ party }) => party.childId),
      ['a'],
    );
  });

  it('counts a script and the processes below it as one', () => {
    const forest = waitForest([
      lock('l1', script(10), script(21, 20)),
      lock('l2', script(20), script(12, 11, 10)),
    ]);
    assert.deepEqual(forest.roots, []);
    assert.equal(forest.deadlocks[0]?.steps.length, 2);
  });

  it('counts scripts below one shell separately', () => {
    const forest = waitForest([
      lock('l1', script(10, 1), script(20, 1)),
      lock('l2', script(30, 1), script(10, 1)),
    ]);
    assert.deepEqual(forest.deadlocks, []);
    assert.deepEqual(forest.roots.map(draw), ['30(l2: 10(l1: 20))']);
  });
});

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const someLocks = fc
  .array(
    fc.tuple(
      fc.constantFrom(...names),
      fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }),
    ),
    {
      maxLength: 7,
    },
  )
  .map((list) =>
    list.map(([holder, waiters], index) =>
      lock(`l${index}`, session(holder), ...waiters.map(session)),
    ),
  );

/** Whether some party reaches itself by going from waiter to holder; by brute force. */
function hasCycle(locks: readonly Lock[]): boolean {
  const step = (from: ReadonlySet<string>): Set<string> =>
    new Set(
      locks
        .filter(({ waiters }) => waiters.some((one) => from.has(one.childId ?? '')))
        .map(({ holder }) => holder?.childId ?? ''),
    );
  return names.some((name) => {
    let reached = step(new Set([name]));
    for (let round = 0; round < names.length; round += 1)
      reached = new Set([...reached, ...step(reached)]);
    return reached.has(name);
  });
}

describe('whatever the locks', () => {
  it('there is a deadlock exactly when there is a cycle, and each of its steps waits for the next', () => {
    fc.assert(
      fc.property(someLocks, (locks) => {
        const { deadlocks } = waitForest(locks);
        assert.equal(deadlocks.length > 0, hasCycle(locks));
        for (const { steps } of deadlocks) {
          steps.forEach(({ party, waitsFor }, index) => {
            assert.ok(waitsFor.waiters.some(({ childId }) => childId === party.childId));
            assert.equal(
              waitsFor.holder?.childId,
              steps[(index + 1) % steps.length]?.party.childId,
            );
          });
        }
      }),
    );
  });

  it('every waiter is shown', () => {
    fc.assert(
      fc.property(someLocks, (locks) => {
        const { roots, deadlocks } = waitForest(locks);
        const shown = new Set<string | null | undefined>();
        const visit = (blocks: readonly BlockingLock[]): void => {
          for (const { waiters } of blocks) {
            for (const { party, blocks: below } of waiters) {
              shown.add(party?.childId);
              visit(below);
            }
          }
        };
        for (const { blocks } of roots) visit(blocks);
        for (const { steps, behind } of deadlocks) {
          for (const { party } of steps) shown.add(party.childId);
          visit(behind);
        }
        for (const { waiters } of locks)
          for (const { childId } of waiters) assert.ok(shown.has(childId), `${childId}`);
      }),
    );
  });
});

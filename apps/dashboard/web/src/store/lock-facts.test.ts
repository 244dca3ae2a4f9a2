import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Lock } from '@hatchery/events';
import { exampleLock, exampleParty } from '@hatchery/events/fixtures';
import { blockedCount, staleTests, waitTrees, type WaitNode } from './lock-facts.ts';

const lock = (id: string, holder: string | null, ...waiters: string[]): Lock =>
  exampleLock(id, {
    holder: holder === null ? null : exampleParty(holder),
    waiters: waiters.map((each) => exampleParty(each)),
  });

/** The tree in one line: `c1(l1: c2 c3)`. */
function drawn({ name, blocked, circular }: WaitNode): string {
  const branches = blocked.map((branch) => `${branch.lock.id}: ${branch.waiters.map(drawn).join(' ')}`);
  return `${name}${circular ? '!' : ''}${branches.length === 0 ? '' : `(${branches.join('; ')})`}`;
}

const trees = (...locks: Lock[]): string[] => waitTrees(locks).map(drawn);

test('the root is who waits for nobody', () => {
  assert.deepEqual(trees(lock('l2', 'c2', 'c3'), lock('l1', 'c1', 'c2')), ['c1(l1: c2(l2: c3))']);
});

test('one who holds two locks is one root', () => {
  assert.deepEqual(trees(lock('l1', 'c1', 'c2'), lock('l2', 'c1', 'c3')), ['c1(l1: c2; l2: c3)']);
});

test('a lock nobody waits for is in no tree', () => assert.deepEqual(trees(lock('l1', 'c1')), []));

test('a holder nobody knows still has those behind it', () => {
  assert.deepEqual(trees(lock('l1', null, 'c2')), ['holder of l1(l1: c2)']);
});

test('a circle has a root, and says where it closes', () => {
  assert.deepEqual(trees(lock('l1', 'c1', 'c2'), lock('l2', 'c2', 'c1')), ['c1(l1: c2(l2: c1!))']);
});

test('whoever waits is in some tree, and every tree ends', () => {
  const party = fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5');
  const anyLock = fc.tuple(party, fc.array(party, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(anyLock, { maxLength: 6 }), (told) => {
      const locks = told.map(([holder, waiters], index) => lock(`l${index}`, holder, ...waiters));
      const text = waitTrees(locks).map(drawn).join(' ');
      for (const { waiters } of locks) for (const { childId } of waiters) assert.ok(text.includes(childId!), text);
    }),
  );
});

test('those behind are counted at any depth', () => {
  const [tree] = waitTrees([lock('l1', 'c1', 'c2', 'c4'), lock('l2', 'c2', 'c3')]);
  assert.equal(blockedCount(tree!), 3);
});

test('what is not known is not ticked', () => {
  const tests = (changes: Partial<Lock>, here: string | null, ...living: string[]) =>
    staleTests(exampleLock('l1', changes), here, (id) => living.includes(id)).map(({ passed }) => passed);
  assert.deepEqual(tests({ condition: 'stale' }, 'hatchery-1'), [true, true, true, true]);
  assert.deepEqual(tests({}, 'hatchery-1', 'c1'), [true, true, null, false]);
  assert.deepEqual(tests({}, 'elsewhere'), [false, true, null, null]);
  assert.deepEqual(tests({ holder: null, condition: 'unknown' }, null), [null, null, null, null]);
  assert.deepEqual(tests({ holder: exampleParty('c1', { host: 'localhost' }) }, 'hatchery-1')[1], false);
});

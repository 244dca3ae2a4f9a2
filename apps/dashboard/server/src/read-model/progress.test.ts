import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, type View } from '@hatchery/events';
import { exampleChild, exampleLock, exampleParty, exampleUsage } from '@hatchery/events/fixtures';
import { Progress } from './progress.ts';

const startedAt = Date.parse('2026-11-21T06:00:00.000Z');
const holding: View = {
  ...emptyView,
  children: { c1: exampleChild('c1') },
  locks: { l1: exampleLock('l1') },
};

/**
 * A child that is sampled once a second; `cpu` and `bytes` tell its use in the second of that
 * number.
 */
function watched(
  lastS: number,
  cpu: (second: number) => number | null,
  bytes: (second: number) => number = () => 9_000,
) {
  const progress = new Progress();
  const sample = (second: number): void => {
    const at = new Date(startedAt + second * 1_000).toISOString();
    progress.note({
      id: 'c1',
      at,
      usage: exampleUsage(cpu(second), { readBytes: bytes(second), writeBytes: 0 }),
    });
  };
  for (let second = 0; second <= lastS; second += 1) sample(second);
  const stuckAt = (second: number, view = holding) =>
    progress.stuck(view, startedAt + second * 1_000);
  return { sample, stuckAt, stuckSinceS: secondsOf(stuckAt(lastS)) };
}

function secondsOf([stuck]: readonly { readonly since: string }[]): number | null {
  return stuck === undefined ? null : (Date.parse(stuck.since) - startedAt) / 1_000;
}

/**
 * As recorded of a brz whose client was stopped: its loop wakes once a second, and the kernel
 * counts a tick in 150 s.
 */
const frozen = (second: number): number => (second % 150 === 149 ? 1 : 0);

test('a frozen brz is stuck, though one sample in 150 shows a percent', () => {
  assert.equal(watched(299, frozen).stuckSinceS, null);
  const found = watched(29 * 60, frozen).stuckSinceS;
  assert.equal(found, 0, 'since it was frozen, and not since its last tick');
});

test('a child that worked before it froze is stuck since then, give or take a mark', () => {
  const worksUntil = 400;
  const found = watched(900, (second) => (second <= worksUntil ? 40 : frozen(second))).stuckSinceS;
  assert.ok(found !== null && Math.abs(found - worksUntil) <= 20, String(found));
});

test('a slow child that works is not stuck: by its CPU, or by what it reads', () => {
  // A tick every five seconds is a fifth of a percent.
  assert.equal(watched(1_800, (second) => (second % 5 === 0 ? 1 : 0)).stuckSinceS, null);
  assert.equal(
    watched(1_800, frozen, (second) => 9_000 + 512 * Math.floor(second / 240)).stuckSinceS,
    null,
  );
});

test('one that goes on is not stuck any more', () => {
  const { sample, stuckAt } = watched(600, (second) => (second <= 599 ? frozen(second) : 80));
  assert.deepEqual(stuckAt(600), []);
  sample(601);
  assert.deepEqual(stuckAt(601), []);
  const reading = watched(600, frozen, (second) => (second < 600 ? 0 : 1));
  assert.deepEqual(reading.stuckAt(600), []);
});

test('who holds no lock may idle, and who has ended is forgotten', () => {
  const { stuckAt } = watched(600, frozen);
  const other = { l1: exampleLock('l1', { holder: exampleParty('c2') }) };
  assert.deepEqual(stuckAt(600, { ...holding, locks: other }), []);
  assert.deepEqual(stuckAt(600, emptyView), []);
  assert.deepEqual(stuckAt(600), []);
});

test('a use that could not be read is none', () =>
  assert.equal(watched(600, () => null).stuckSinceS, 0));

test('a clock that is set back starts the watch anew', () => {
  const { sample, stuckAt } = watched(600, frozen);
  for (let second = 0; second < 300; second += 1) sample(second);
  assert.deepEqual(stuckAt(299), []);
  sample(300);
  assert.equal(secondsOf(stuckAt(300)), 0);
});

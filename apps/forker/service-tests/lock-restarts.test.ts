import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'node:test';
import type { Lock } from '@hatchery/events';
import { isRunning, until } from '@hatchery/testkit';
import { withLockStage, type LockStage, type RunningBrz } from './locks.test-support.ts';
import { readState } from './one-forker.test-support.ts';

const bob = { email: 'bob <bob@example.invalid>' };

/**
 * A push that is frozen between two of its requests, so that its session holds the branch's lock
 * and waits for it.
 */
interface FrozenPush extends Disposable {
  readonly brz: RunningBrz;
  readonly lock: Lock;
  /** Lets it go on. */
  readonly thaw: () => void;
}

async function freezePush(stage: LockStage): Promise<FrozenPush> {
  stage.commit('work');
  const { brz, hold } = stage.push('work', { hold: 'Branch.set_last_revision' });
  await hold.reached();
  const lock = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
  brz.kill('SIGSTOP');
  const thaw = (): void => {
    hold.go();
    brz.kill('SIGCONT');
  };
  return { brz, lock, thaw, [Symbol.dispose]: () => brz[Symbol.dispose]() };
}

/**
 * The next push, by somebody whom Breezy does not take for the holder, and who is refused while the
 * lock stands.
 */
async function assertBobCanPush(stage: LockStage): Promise<void> {
  stage.commit('work');
  using brz = stage.push('work', bob).brz;
  const { code, output } = await brz.ended();
  assert.equal(code, 0, output);
}

/**
 * Whether the feed has told the whole of it. A restart is an action on record, too, and may have
 * come alone.
 */
function isFreedOnRecord({ events }: LockStage, { id }: Lock): boolean {
  const asked = events.find((event) => event.kind === 'action.requested' && event.target === id);
  if (asked?.kind !== 'action.requested') return false;
  return events.some((event) => event.kind === 'action.done' && event.actionId === asked.actionId);
}

/** The whole of what the feed told of how a lock came free by itself. */
function assertFreedAudited(stage: LockStage, { id, nonce }: Lock): void {
  const asked = stage.events.find(
    (event) => event.kind === 'action.requested' && event.target === id,
  );
  assert.ok(asked?.kind === 'action.requested', 'nobody asked for the lock to be broken');
  assert.deepEqual(
    [asked.actor, asked.verb, asked.before?.nonce],
    ['hatchery', 'break-lock', nonce],
  );
  assert.equal(asked.before?.condition, 'orphaned');
  const done = stage.events.find(
    (event) => event.kind === 'action.done' && event.actionId === asked.actionId,
  );
  assert.ok(done?.kind === 'action.done' && done.outcome === 'broken');
  assert.equal(
    stage.events.filter((event) => event.kind === 'lock.broken' && event.id === id).length,
    1,
  );
  const conditions = stage.events.flatMap((event) =>
    'lock' in event ? [event.lock.condition] : [],
  );
  assert.ok(!conditions.includes('stale'), 'a lock of a known session was called stale');
}

const sessionEnds = ({ holder }: Lock): Promise<true> =>
  until('the session to end', () => !isRunning(holder?.pid ?? 0));

const ends: readonly [name: string, end: (stage: LockStage) => Promise<unknown>][] = [
  ['the fork service was killed', async (stage) => stage.forker.kill('SIGKILL')],
  ['the fork service was restarted alone', (stage) => stage.post('/v1/restart', {})],
  ['the whole service was stopped and started', (stage) => stage.forker.stop()],
  [
    'the fork service and its keeper were killed',
    async (stage) => {
      const { keeper } = await readState(stage.forker);
      stage.forker.kill('SIGKILL');
      process.kill(keeper.pid, 'SIGKILL');
    },
  ],
];

describe('the lock of a client that vanished while', () => {
  for (const [name, end] of ends) {
    it(`${name} frees itself, and the next push by another user succeeds`, async () => {
      await withLockStage('[locks]\norphan_grace_s = 1\n', async (stage) => {
        using frozen = await freezePush(stage);
        using refused = stage.push('work', bob).brz;
        assert.notEqual(
          (await refused.ended()).code,
          0,
          'the lock did not hinder bob in the first place',
        );
        await stage.restart(
          () => end(stage),
          async () => {
            frozen.brz.kill('SIGKILL');
            await sessionEnds(frozen.lock);
            assert.ok(stage.isHeldOnDisk());
          },
        );
        await until('the lock to be free', () => !stage.isHeldOnDisk());
        await until('no lock', async () => (await stage.view()).length === 0);
        await until('the audit', () => isFreedOnRecord(stage, frozen.lock));
        assertFreedAudited(stage, frozen.lock);
        await assertBobCanPush(stage);
      });
    });
  }

  it('its session was killed, with no fork service there, frees itself too', async () => {
    await withLockStage('[locks]\norphan_grace_s = 1\n', async (stage) => {
      using frozen = await freezePush(stage);
      await stage.restart(
        async () => stage.forker.kill('SIGKILL'),
        async () => {
          process.kill(frozen.lock.holder?.pid ?? 0, 'SIGKILL');
          await sessionEnds(frozen.lock);
          frozen.brz.kill('SIGKILL');
        },
      );
      const orphan = await stage.lock('the orphan', ({ condition }) => condition === 'orphaned');
      assert.deepEqual([orphan.id, orphan.holder], [frozen.lock.id, frozen.lock.holder]);
      assert.match(orphan.reasons?.join() ?? '', /has ended: SIGKILL/);
      await until('no lock', async () => (await stage.view()).length === 0);
      await assertBobCanPush(stage);
    });
  });
});

describe('a push that is only frozen keeps its lock', () => {
  it('when its session outlives the fork service, for longer than any grace', async () => {
    await withLockStage('[locks]\norphan_grace_s = 0.5\n', async (stage) => {
      using frozen = await freezePush(stage);
      await stage.restart(async () => stage.forker.kill('SIGKILL'));
      // Four graces.
      await delay(2_000);
      const lock = await stage.lock('the lock', ({ id }) => id === frozen.lock.id);
      assert.deepEqual([lock.condition, lock.holder], ['held', frozen.lock.holder]);
      frozen.thaw();
      const { code, output } = await frozen.brz.ended();
      assert.equal(code, 0, output);
      await until('no lock', async () => (await stage.view()).length === 0);
      assert.ok(!stage.events.some(({ kind }) => kind === 'lock.broken'));
    });
  });

  it('when its session outlives the keeper', async () => {
    await withLockStage('[locks]\norphan_grace_s = 0.5\n', async (stage) => {
      using frozen = await freezePush(stage);
      process.kill((await readState(stage.forker)).keeper.pid, 'SIGKILL');
      await delay(2_000);
      assert.equal(
        (await stage.lock('the lock', ({ id }) => id === frozen.lock.id)).condition,
        'held',
      );
      frozen.thaw();
      const { code, output } = await frozen.brz.ended();
      assert.equal(code, 0, output);
      await until('no lock', async () => (await stage.view()).length === 0);
      assert.ok(!stage.events.some(({ kind }) => kind === 'lock.broken'));
    });
  });

  it('when the whole service was stopped and started, and it reconnects within the grace', async () => {
    await withLockStage('[locks]\norphan_grace_s = 30\n', async (stage) => {
      using frozen = await freezePush(stage);
      await stage.restart(() => stage.forker.stop());
      await stage.lock('the orphan', ({ condition }) => condition === 'orphaned');
      frozen.thaw();
      const { code, output } = await frozen.brz.ended();
      assert.equal(code, 0, output);
      const adopted = await until('the adoption', () =>
        stage.events.find(
          (event) =>
            event.kind === 'lock.changed' &&
            event.lock.id === frozen.lock.id &&
            event.lock.condition === 'held',
        ),
      );
      assert.ok(adopted.kind === 'lock.changed');
      assert.notEqual(adopted.lock.holder?.childId, frozen.lock.holder?.childId);
      await until('no lock', async () => (await stage.view()).length === 0);
      assert.ok(!stage.events.some(({ kind }) => kind === 'lock.broken'));
    });
  });
});

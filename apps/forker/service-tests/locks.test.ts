import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isRunning, until } from '@hatchery/testkit';
import { withLockStage } from './locks.test-support.ts';

describe('a push', () => {
  it('shows its locks while it holds them, with its session, and their release', async () => {
    await withLockStage('', async (stage) => {
      stage.commit('work');
      const { brz, hold } = stage.push('work', { hold: 'Branch.unlock' });
      using _brz = brz;
      await hold.reached();
      const lock = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      const { holder, condition, name, path, nonce } = lock;
      assert.deepEqual([condition, name], ['held', '~alice/project/trunk']);
      assert.ok(existsSync(`${path}/held/info`));
      assert.match(nonce ?? '', /^[a-z0-9]{20}$/);
      assert.equal(holder?.user, 'alice');
      assert.match(holder?.command ?? '', /^lp-serve --inet alice$/);
      assert.ok(holder?.childId !== null && (holder?.pid ?? 0) > 0);
      hold.go();
      const { code, output } = await brz.ended();
      assert.equal(code, 0, output);
      await until('no lock', async () => (await stage.view()).length === 0);
      assert.ok(!stage.isHeldOnDisk());
      const ours = stage.events.filter((event) => 'id' in event && event.id === lock.id);
      assert.deepEqual(
        ours.map(({ kind }) => kind),
        ['lock.released'],
      );
      assert.equal(
        stage.kinds().filter((kind) => kind === 'lock.acquired').length,
        stage.kinds().filter((kind) => kind === 'lock.released').length,
      );
    });
  });

  it('of a second client to the same branch is refused, and shown as a waiter that gave up', async () => {
    await withLockStage('', async (stage) => {
      stage.commit('work');
      const first = stage.push('work', { hold: 'Branch.unlock' });
      using brz = first.brz;
      await first.hold.reached();
      const lock = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      const second = stage.push('work');
      using other = second.brz;
      const refused = await other.ended();
      assert.notEqual(refused.code, 0);
      const contended = await until('the contention', () =>
        stage.events.find(({ kind }) => kind === 'lock.contended'),
      );
      assert.ok(contended.kind === 'lock.contended' && contended.id === lock.id);
      assert.notEqual(contended.waiter.childId, lock.holder?.childId);
      await until('no waiter', async () =>
        (await stage.view()).every(({ waiters }) => waiters.length === 0),
      );
      first.hold.go();
      assert.equal((await brz.ended()).code, 0, brz.output);
      await until('no lock', async () => (await stage.view()).length === 0);
    });
  });
});

describe('a session that is killed while it holds a lock', () => {
  it('leaves an orphan, which frees itself after its grace, audited', async () => {
    await withLockStage('[locks]\norphan_grace_s = 1\n', async (stage) => {
      stage.commit('work');
      const { brz, hold } = stage.push('work', { hold: 'Branch.unlock' });
      using _brz = brz;
      await hold.reached();
      const lock = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      // In this order: a session whose client has gone ends by itself.
      process.kill(lock.holder?.pid ?? 0, 'SIGKILL');
      brz.kill('SIGKILL');
      const orphan = await stage.lock('the orphan', ({ condition }) => condition === 'orphaned');
      assert.equal(orphan.id, lock.id);
      assert.match(orphan.reasons?.[0] ?? '', /the session that took it has ended: SIGKILL/);
      assert.ok(stage.isHeldOnDisk());
      await until('the lock to be free', async () => (await stage.view()).length === 0);
      assert.ok(!stage.isHeldOnDisk());
      const done = await until('the audit', () =>
        stage.events.find(({ kind }) => kind === 'action.done'),
      );
      const asked = stage.events.find(({ kind }) => kind === 'action.requested');
      assert.ok(asked?.kind === 'action.requested' && done.kind === 'action.done');
      assert.deepEqual(
        [asked.actor, asked.verb, asked.target],
        ['hatchery', 'break-lock', lock.id],
      );
      assert.equal(asked.before?.nonce, lock.nonce);
      assert.deepEqual([done.outcome, done.after], ['broken', null]);
      using again = stage.push('work').brz;
      assert.equal((await again.ended()).code, 0, again.output);
    });
  });

  it('and whose client comes back keeps its lock: the new session takes its token up', async () => {
    await withLockStage('[locks]\norphan_grace_s = 60\n', async (stage) => {
      stage.commit('work');
      const { brz, hold } = stage.push('work', { hold: 'Branch.set_last_revision' });
      using _brz = brz;
      await hold.reached();
      const lock = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      await stage.signal(lock.holder?.childId ?? '', 'SIGHUP');
      await stage.lock('the orphan', ({ condition }) => condition === 'orphaned');
      hold.go();
      const { code, output } = await brz.ended();
      assert.equal(code, 0, output);
      const adopted = stage.events.find(
        (event) =>
          event.kind === 'lock.changed' &&
          event.lock.id === lock.id &&
          event.lock.condition === 'held',
      );
      assert.ok(adopted?.kind === 'lock.changed');
      assert.notEqual(adopted.lock.holder?.childId, lock.holder?.childId);
      assert.match(adopted.lock.reasons?.[0] ?? '', /reconnected session took it up/);
      await until('no lock', async () => (await stage.view()).length === 0);
      assert.ok(!stage.events.some(({ kind }) => kind === 'lock.broken'));
    });
  });
});

describe('a session that is stopped while it holds a lock', () => {
  it('is shown with those who wait for it, and breaking its lock ends it first and lets them go on', async () => {
    await withLockStage('', async (stage) => {
      stage.commit('work');
      const { brz, hold } = stage.push('work', { hold: 'Branch.unlock' });
      using _brz = brz;
      await hold.reached();
      const { id, holder } = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      const pid = holder?.pid ?? 0;
      process.kill(pid, 'SIGSTOP');
      // Commands on the host itself wait for a lock; a smart server refuses at once.
      const waiters = ['t1', 't2', 't3'].map((tag) => stage.tag(tag));
      const lock = await stage.lock(
        'three waiters',
        (one) => one.id === id && one.waiters.length === 3,
      );
      const names = new Set(lock.waiters.map(({ childId }) => childId));
      assert.equal(names.size, 3);
      assert.ok(!names.has(holder?.childId ?? null));
      assert.equal(lock.condition, 'held');
      await stage.lock(
        'the remark',
        ({ reasons }) => reasons?.some((one) => one.includes('is stopped')) === true,
      );

      const { outcome } = (await stage.post(`/v1/locks/${id}/break`, {})) as { outcome: string };
      assert.match(outcome, /^its session \S+ was ended by SIGKILL; broken: it was held by alice/);
      assert.ok(!isRunning(pid));
      for (const waiter of waiters) assert.equal((await waiter).status, 0, (await waiter).stderr);
      await until('no lock', async () => (await stage.view()).length === 0);
      assert.ok(!stage.isHeldOnDisk());
    });
  });
});

describe('a lock broken by force', () => {
  it('says what may happen, and its old holder that goes on brings no lock back', async () => {
    await withLockStage('', async (stage) => {
      stage.commit('work');
      const { brz, hold } = stage.push('work', { hold: 'Branch.unlock' });
      using _brz = brz;
      await hold.reached();
      const { id, holder } = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      const { outcome } = (await stage.post(`/v1/locks/${id}/break`, { force: true })) as {
        outcome: string;
      };
      assert.match(outcome, /two writers can damage the branch/);
      assert.ok(isRunning(holder?.pid ?? 0));
      assert.ok(!stage.isHeldOnDisk());
      hold.go();
      await brz.ended();
      assert.deepEqual(await stage.view(), []);
      assert.ok(
        stage.events.some(
          (event) => event.kind === 'lock.broken' && event.id === id && event.actor === 'ops',
        ),
      );
    });
  });

  // Breezy's own answer to a token whose lock is gone could not be encoded: the client waited for
  // it for ever.
  it('is refused to its old holder that comes with its token, and the branch stays as it is', async () => {
    await withLockStage('', async (stage) => {
      stage.commit('work');
      const { brz, hold } = stage.push('work', { hold: 'Branch.set_last_revision' });
      using _brz = brz;
      await hold.reached();
      const { id } = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      const before = stage.tip();
      await stage.post(`/v1/locks/${id}/break`, { force: true });
      hold.go();
      const { code, output } = await brz.ended();
      assert.equal(code, 3, output);
      assert.match(
        output,
        /^brz: ERROR: Cannot lock the branch again: the lock you held was broken meanwhile; start over$/m,
      );
      assert.equal(stage.tip(), before);
    });
  });

  it('is refused when another one holds it by now, and the other keeps it', async () => {
    await withLockStage('', async (stage) => {
      stage.commit('work');
      const first = stage.push('work', { hold: 'Branch.unlock' });
      using brz = first.brz;
      await first.hold.reached();
      const before = await stage.lock('the branch lock', ({ kind }) => kind === 'branch');
      first.hold.go();
      assert.equal((await brz.ended()).code, 0);
      using outsider = stage.outsider();
      await outsider.reached();
      await stage.post('/v1/locks/scan', {});
      const path = `/v1/locks/${before.id}/break`;
      await assert.rejects(
        stage.post(path, { force: true }),
        /the holder has changed, nothing was done: it is held by/,
      );
      assert.ok(stage.isHeldOnDisk());
      const now = await stage.lock('the other lock', ({ kind }) => kind === 'branch');
      await assert.rejects(
        stage.post(`/v1/locks/${now.id}/break`, { nonce: before.nonce }),
        /not the acquisition/,
      );
      assert.ok(stage.isHeldOnDisk());
    });
  });
});

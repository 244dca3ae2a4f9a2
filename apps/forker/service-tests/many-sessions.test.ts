import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controlRequest, dialFeed } from '@hatchery/event-feed';
import type { Event, FeedMessage } from '@hatchery/events';
import {
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';
import {
  exitsAfterReattach,
  killForker,
  openSessions,
  rocks,
} from './many-sessions.test-support.ts';
import type { Session } from './many-sessions.test-support.ts';
import { readState, readZygotePid } from './one-forker.test-support.ts';

const sessionsCount = 50;
const config = '[forker]\nchild_connect_timeout_s = 3\nmax_children_per_user = 200\n';

/** Runs `story` with a forker and what it takes down; nothing may be left of either. */
async function withForker(
  story: (forker: ForkerProcess, stack: AsyncDisposableStack) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    await using stack = new AsyncDisposableStack();
    const forker = stack.use(await ForkerProcess.start(directory.path, { config }));
    await story(forker, stack);
  }
  await assertNothingLeft(directory.path, baseline);
}

/** The end of each session as the service has it: with its status and rusage. */
async function assertAllOnRecord(
  forker: ForkerProcess,
  sessions: readonly Session[],
): Promise<void> {
  const { view } = await readState(forker);
  for (const { child, status } of sessions) {
    const ended = view.recentChildren.find(({ id }) => id === child.id);
    assert.deepEqual([ended?.exit?.status, ended?.pid], [status, child.pid]);
    assert.ok((ended?.rusage?.maxRssBytes ?? 0) > 0);
  }
}

describe(`under ${sessionsCount} running sessions`, () => {
  it('a killed zygote costs none of them, and new requests wait for the next one', async () => {
    await withForker(async (forker) => {
      const sessions = await openSessions(forker.socket, sessionsCount);
      const zygote = await readZygotePid(forker);
      process.kill(zygote, 'SIGKILL');
      await Promise.all(Array.from({ length: 10 }, () => rocks(forker.socket)));
      assert.ok(sessions.every(({ child }) => isRunning(child.pid)));
      for (const session of sessions) session.finish();
      assert.deepEqual(
        await Promise.all(sessions.map(({ child }) => child.exited)),
        sessions.map(({ status }) => status),
      );
      await assertAllOnRecord(forker, sessions);
      assert.notEqual(await readZygotePid(forker), zygote);
    });
  });

  it('a killed forker costs none of them: clients attach by id, and a reader of the feed misses nothing', async () => {
    await withForker(async (forker, stack) => {
      const messages: FeedMessage[] = [];
      const listener = {
        message: (one: FeedMessage) => messages.push(one),
        connection: () => undefined,
      };
      stack.use(dialFeed(forker.controlSocket, listener));
      await until('the snapshot', () => messages.some(({ type }) => type === 'snapshot'));
      const sessions = await openSessions(forker.socket, sessionsCount);
      await killForker(forker, sessions);

      // Half of them end while nobody is there.
      const [during, after] = [sessions.slice(0, 25), sessions.slice(25)];
      for (const session of during) session.finish();
      await until('these to end', () => during.every(({ child }) => !isRunning(child.pid)));
      const newcomer = rocks(forker.socket);
      const next = stack.use(await ForkerProcess.start(forker.stateDirectory, { config }));
      await newcomer;

      const statuses = exitsAfterReattach(next.socket, sessions);
      for (const session of after) session.finish();
      assert.deepEqual(
        await statuses,
        sessions.map(({ status }) => status),
      );
      await assertAllOnRecord(next, sessions);
      await until(
        'the last event',
        () => toldOf(messages, 'child.exited').length === sessionsCount + 1,
      );
      assertToldOnce(messages, sessions);
    });
  });

  it('a killed keeper ends none of them, and their statuses are said to be unknown, not invented', async () => {
    await withForker(async (forker) => {
      const sessions = await openSessions(forker.socket, sessionsCount);
      const { keeper } = await readState(forker);
      process.kill(keeper.pid, 'SIGKILL');
      await Promise.all(Array.from({ length: 10 }, () => rocks(forker.socket)));
      assert.notEqual((await readState(forker)).keeper.pid, keeper.pid);
      assert.ok(sessions.every(({ child }) => isRunning(child.pid)));
      for (const session of sessions) session.finish();
      assert.deepEqual(
        await Promise.all(sessions.map(({ child }) => child.exited)),
        sessions.map(() => 255 << 8),
      );
      const { view } = await readState(forker);
      for (const { child } of sessions) {
        const ended = view.recentChildren.find(({ id }) => id === child.id);
        assert.deepEqual(
          [ended?.exit, ended?.rusage],
          [{ code: null, signal: null, status: null }, null],
        );
      }
    });
  });

  it('a restart of the forker costs none of them, nor a request that it has taken', async () => {
    await withForker(async (forker, stack) => {
      const sessions = await openSessions(forker.socket, sessionsCount);
      const { keeper, view } = await readState(forker);
      const taken = Array.from({ length: 10 }, () => rocks(forker.socket));
      await until('the requests', async () => {
        const { childrenSpawned, requestsWaiting } = await readState(forker);
        return childrenSpawned + requestsWaiting === sessionsCount + taken.length;
      });
      await controlRequest(forker.controlSocket, 'POST', '/v1/restart', {
        actor: 'ops',
        reason: 'upgrade',
      });
      assert.deepEqual(await forker.ended(), { code: 0, signal: null });
      assert.ok(sessions.every(({ child }) => isRunning(child.pid)));
      const next = stack.use(await ForkerProcess.start(forker.stateDirectory, { config }));
      await Promise.all(taken);
      const state = await readState(next);
      // The old keeper and the zygote that is loaded, with no drain on the page.
      assert.deepEqual(
        [state.keeper, state.view.zygote, state.view.draining],
        [keeper, view.zygote, false],
      );
      for (const session of sessions) session.finish();
      assert.deepEqual(
        await exitsAfterReattach(next.socket, sessions),
        sessions.map(({ status }) => status),
      );
      await assertAllOnRecord(next, sessions);
    });
  });

  it('a forker killed again and again costs none of them', async () => {
    await withForker(async (first, stack) => {
      const sessions = await openSessions(first.socket, 12);
      let forker = first;
      for (let round = 0; round < 3; round += 1) {
        forker.kill('SIGKILL');
        await forker.ended();
        sessions.slice(4 * round, 4 * round + 4).forEach(({ finish }) => finish());
        forker = stack.use(await ForkerProcess.start(first.stateDirectory, { config }));
      }
      assert.deepEqual(
        await exitsAfterReattach(forker.socket, sessions),
        sessions.map(({ status }) => status),
      );
      await assertAllOnRecord(forker, sessions);
    });
  });

  it('a forker killed among requests costs none of these either, and leaves no child for ever', async () => {
    await withForker(async (forker, stack) => {
      const requests = Array.from({ length: 20 }, () => rocks(forker.socket));
      await until('some to be forked', async () => (await readState(forker)).childrenRunning > 2);
      forker.kill('SIGKILL');
      await forker.ended();
      const next = stack.use(await ForkerProcess.start(forker.stateDirectory, { config }));
      await Promise.all(requests);
      // Those whose answer was lost wait for a client that has asked again, until their time is up.
      await until('every child to end', async () => (await readState(next)).childrenRunning === 0);
    });
  });
});

function toldOf(messages: readonly FeedMessage[], kind: Event['kind']): Event[] {
  return messages.flatMap((message) =>
    message.type === 'event' && message.event.kind === kind ? [message.event] : [],
  );
}

/** One snapshot at the start, numbers without a hole, and each child spawned and exited once. */
function assertToldOnce(messages: readonly FeedMessage[], sessions: readonly Session[]): void {
  assert.equal(messages.filter(({ type }) => type === 'snapshot').length, 1);
  for (const kind of ['child.spawned', 'child.exited'] as const) {
    const ids = toldOf(messages, kind).map((event) =>
      event.kind === 'child.spawned' ? event.child.id : 'id' in event ? event.id : '',
    );
    for (const { child } of sessions)
      assert.equal(ids.filter((id) => id === child.id).length, 1, `${kind} ${child.id}`);
  }
}

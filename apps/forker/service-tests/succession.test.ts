import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { controlRequest } from '@hatchery/event-feed';
import { forkChild } from '@hatchery/forker-client';
import {
  ask,
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  OldClient,
  RawClient,
  runSession,
  takeBaseline,
  temporaryDirectory,
} from '@hatchery/testkit';
import { exitsAfterReattach, openSessions } from './many-sessions.test-support.ts';
import { readEnded, readState, readZygotePid } from './one-forker.test-support.ts';

const built = new URL('../dist/preload.json', import.meta.url);
const config = '[forker]\nmax_children_per_user = 200\nrequest_timeout_s = 20\n';
const takeOver = ['--take-over', 'ops'];

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

/** Sessions one after the other until `stop`, each of which must succeed at the first attempt. */
function stream(socket: string): { stop: () => Promise<number> } {
  let stopped = false;
  const running = (async () => {
    let count = 0;
    for (; !stopped; count += 1) {
      const { status, stdout } = await runSession(socket, 'fork rocks\n');
      assert.deepEqual([status, stdout], [0, 'It sure does!\n']);
    }
    return count;
  })();
  running.catch(() => undefined);
  return {
    stop: () => {
      stopped = true;
      return running;
    },
  };
}

function brokenManifest(directory: string): string {
  const manifest = join(directory, 'broken.json');
  const { breezy } = JSON.parse(readFileSync(built, 'utf8')) as { breezy: string };
  writeFileSync(
    manifest,
    JSON.stringify({ format: 1, breezy, modules: ['no_such_module_anywhere'] }),
  );
  return manifest;
}

describe('a forker that takes over from another', () => {
  it('costs no session and no request: clients of the old one are told every exit on their own connections', async () => {
    await withForker(async (old, stack) => {
      const sessions = await openSessions(old.socket, 50);
      const { keeper } = await readState(old);
      const zygote = await readZygotePid(old);
      const streams = [stream(old.socket), stream(old.socket)];
      const next = stack.use(
        await ForkerProcess.start(old.stateDirectory, { config, options: takeOver }),
      );
      for (const session of sessions.slice(0, 25)) session.finish();
      assert.equal((await runSession(next.socket, 'fork rocks\n')).status, 0);
      const counts = await Promise.all(streams.map(({ stop }) => stop()));
      assert.ok(counts.every((count) => count > 0));
      // The old one stays as long as somebody waits there, and no longer.
      assert.ok(isRunning(old.pid));
      for (const session of sessions.slice(25)) session.finish();
      assert.deepEqual(
        await Promise.all(sessions.map(({ child }) => child.exited)),
        sessions.map(({ status }) => status),
      );
      assert.deepEqual(await old.ended(), { code: 0, signal: null });
      for (const { child, status } of sessions) {
        const ended = await readEnded(next, child.id);
        assert.equal(ended?.exit?.status, status);
        assert.ok((ended.rusage?.maxRssBytes ?? 0) > 0);
      }
      assert.deepEqual((await readState(next)).keeper, keeper);
      assert.notEqual(await readZygotePid(next), zygote);
    });
  });

  it('takes up a request of which the old one has read a half', async () => {
    await withForker(async (old, stack) => {
      using early = await RawClient.connect(old.socket);
      early.send('fork-env whoami\nBRZ_EMAIL: some');
      using asking = await RawClient.connect(old.socket);
      asking.send('hel');
      const next = stack.use(
        await ForkerProcess.start(old.stateDirectory, { config, options: takeOver }),
      );
      early.send('body\nend\n');
      const [, pid = '', id = ''] = await early.read(/^ok\n(\d+)\n.+-child-(.+)\n/);
      assert.equal((await readState(next)).view.children[id]?.pid, Number(pid));
      process.kill(Number(pid), 'SIGKILL');
      assert.match(await early.readToEnd(), /\nexited\n9\n$/);
      asking.send('lo\n');
      assert.equal(await asking.readToEnd(), 'ok\nyep, still alive\n');
      assert.deepEqual(await old.ended(), { code: 0, signal: null });
    });
  });

  it('whose zygote does not come up says why, and the old one never stopped to serve', async () => {
    await withForker(async (old, stack) => {
      const zygote = await readZygotePid(old);
      const before = readdirSync(join(old.stateDirectory, 'run')).sort();
      const options = [...takeOver, '--preload', brokenManifest(old.stateDirectory)];
      const streams = stream(old.socket);
      const next = stack.use(ForkerProcess.spawn(old.stateDirectory, { config, options }));
      assert.deepEqual(await next.ended(), { code: 1, signal: null });
      assert.match(
        next.stderr,
        /^forker: the zygote failed while importing no_such_module_anywhere: ModuleNotFound/m,
      );
      await streams.stop();
      assert.equal(await readZygotePid(old), zygote);
      assert.deepEqual(readdirSync(join(old.stateDirectory, 'run')).sort(), before);
      // The old configuration stays the one that a zygote is started with.
      process.kill(zygote, 'SIGKILL');
      assert.equal((await runSession(old.socket, 'fork rocks\n')).status, 0);
    });
  });

  it('at the same time as a third is one of the two that the old one chooses', async () => {
    await withForker(async (old, stack) => {
      const both = [1, 2].map(() =>
        stack.use(ForkerProcess.spawn(old.stateDirectory, { config, options: takeOver })),
      );
      await old.ended();
      const loser = await Promise.race(both.map(async (one) => (await one.ended(), one)));
      assert.match(
        loser.stderr,
        /^forker: (no other zygote can be tried now|.*it stops|the running fork service)/m,
      );
      assert.equal((await runSession(old.socket, 'fork rocks\n')).status, 0);
    });
  });

  it('and fails after the old one has let go leaves the children to the next one', async () => {
    await withForker(async (old, stack) => {
      const sessions = await openSessions(old.socket, 6);
      const events = join(old.stateDirectory, 'events');
      renameSync(events, `${events}.aside`);
      writeFileSync(events, 'in the way');
      const next = stack.use(
        ForkerProcess.spawn(old.stateDirectory, { config, options: takeOver }),
      );
      assert.deepEqual(await next.ended(), { code: 1, signal: null });
      assert.match(next.stderr, /^forker: cannot use .*events/m);
      // Whoever looks after the old one starts the next.
      assert.deepEqual(await old.ended(), { code: 0, signal: null });
      rmSync(events);
      renameSync(`${events}.aside`, events);
      assert.ok(sessions.every(({ child }) => isRunning(child.pid)));
      const third = stack.use(await ForkerProcess.start(old.stateDirectory, { config }));
      for (const { finish } of sessions) finish();
      assert.deepEqual(
        await exitsAfterReattach(third.socket, sessions),
        sessions.map(({ status }) => status),
      );
    });
  });

  it('takes over nothing for whoever may only ask: an offer is a file of the service', async () => {
    await withForker(async (old) => {
      const body = { actor: 'ops', reason: 'test', pid: process.pid };
      await assert.rejects(controlRequest(old.controlSocket, 'POST', '/v1/hand-over', body), {
        status: 409,
        message: /has not offered to take over/,
      });
      assert.equal((await runSession(old.socket, 'fork rocks\n')).status, 0);
    });
  });

  it('starts plainly when none runs', async () => {
    await withForker(async (old, stack) => {
      await old.stop();
      const next = stack.use(
        await ForkerProcess.start(old.stateDirectory, { config, options: takeOver }),
      );
      assert.equal((await runSession(next.socket, 'fork rocks\n')).status, 0);
    });
  });

  it('is stopped with its predecessor still there: everybody hears of the end', async () => {
    await withForker(async (old, stack) => {
      const client = stack.use(await OldClient.fork(old.socket, 'fork launchpad-replay\n'));
      client.open();
      const next = stack.use(
        await ForkerProcess.start(old.stateDirectory, { config, options: takeOver }),
      );
      assert.match(await ask(next.socket, 'quit\n'), /^ok\n/);
      assert.deepEqual(await next.stop(), { code: 0, signal: null });
      assert.equal(await client.exited(), 3 << 8);
      assert.deepEqual(await old.ended(), { code: 0, signal: null });
      await assert.rejects(forkChild({ socket: next.socket, command: ['rocks'], environment: {} }));
    });
  });
});

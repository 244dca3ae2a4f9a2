import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { forkChild, type ForkedChild } from '@hatchery/forker-client';
import {
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  runSession,
  takeBaseline,
} from '@hatchery/testkit';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { readEnded, readState, readZygotePid } from './one-forker.test-support.ts';

const built = new URL('../dist/preload.json', import.meta.url);

/**
 * Runs `story` with a forker that preloads from a list of its own, and asserts that it leaves
 * nothing.
 */
async function withForker(
  config: string,
  story: (forker: ForkerProcess, manifest: string) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  const manifest = join(directory.path, 'preload.json');
  writeFileSync(manifest, readFileSync(built));
  {
    await using forker = await ForkerProcess.start(directory.path, {
      config,
      options: ['--preload', manifest],
    });
    await story(forker, manifest);
    assert.deepEqual(await forker.stop(), { code: 0, signal: null });
  }
  await assertNothingLeft(directory.path, baseline);
}

/**
 * A session that echoes; `finish` sends it a line and resolves with what came back and its raw
 * status.
 */
class Echo {
  readonly child: ForkedChild;
  readonly #pipes: ReturnType<ForkedChild['openPipes']>;
  #said = '';

  private constructor(child: ForkedChild) {
    this.child = child;
    this.#pipes = child.openPipes();
    this.#pipes.stdout.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#pipes.stderr.resume();
  }

  static async start(socket: string): Promise<Echo> {
    return new Echo(await forkChild({ socket, command: ['launchpad-replay'], environment: {} }));
  }

  async finish(): Promise<[said: string, status: number]> {
    const ended = once(this.#pipes.stdout, 'end');
    this.#pipes.stdin.end('1 heard\n');
    await ended;
    return [this.#said, await this.child.exited];
  }
}

async function otherZygote(forker: ForkerProcess, than: number): Promise<number> {
  return until('another zygote', async () => {
    const { zygote } = (await readState(forker)).view;
    return zygote.state === 'ready' && zygote.pid !== than && zygote.pid;
  });
}

describe('a killed zygote', () => {
  it('costs none of fifty sessions its bytes, its status or its rusage, and no request', async () => {
    await withForker('', async (forker) => {
      const sessions = await Promise.all(
        Array.from({ length: 50 }, () => Echo.start(forker.socket)),
      );
      const zygote = await readZygotePid(forker);
      process.kill(zygote, 'SIGKILL');
      const [late, ...results] = await Promise.all([
        runSession(forker.socket, 'fork rocks\n'),
        ...sessions.map((session) => session.finish()),
      ]);
      assert.deepEqual([late.stdout, late.status], ['It sure does!\n', 0]);
      assert.deepEqual(
        results,
        results.map(() => ['heard\n', 0]),
      );
      for (const { child } of sessions) {
        const ended = await readEnded(forker, child.id);
        assert.ok((ended?.rusage?.maxRssBytes ?? 0) > 0, `no rusage of ${child.id}`);
      }
      await otherZygote(forker, zygote);
    });
  });

  it('leaves its waiting children of the pool in service', async () => {
    await withForker('[forker]\npool_size = 3\n', async (forker) => {
      for (let round = 0; round < 3; round += 1) {
        const zygote = await readZygotePid(forker);
        process.kill(zygote, 'SIGKILL');
        const results = await Promise.all(
          [1, 2, 3, 4].map(() => runSession(forker.socket, 'fork rocks\n')),
        );
        for (const { status } of results) assert.equal(status, 0);
        await otherZygote(forker, zygote);
      }
    });
  });
});

describe('a changed list of modules', () => {
  it('brings a new zygote that takes over, while sessions of the old one go on and the old one goes', async () => {
    await withForker('[forker]\npool_size = 2\n', async (forker, manifest) => {
      const session = await Echo.start(forker.socket);
      const old = await readZygotePid(forker);
      utimesSync(manifest, new Date(), new Date(Date.now() + 5000));
      let requests = 0;
      const fresh = await until('another zygote', async () => {
        assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
        requests += 1;
        const { zygote } = (await readState(forker)).view;
        return zygote.state === 'ready' && zygote.pid !== old && zygote.pid;
      });
      assert.ok(requests > 0);
      await until('the end of the old zygote', () => !isRunning(old));
      assert.ok(isRunning(fresh));
      assert.deepEqual(await session.finish(), ['heard\n', 0]);
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      assert.match(forker.stderr, /a new zygote is started/);
      assert.doesNotMatch(forker.stderr, /zygote died|zygote failed/);
    });
  });

  it('that cannot be loaded is told with its step, and the old zygote serves until it can', async () => {
    await withForker('', async (forker, manifest) => {
      const old = await readZygotePid(forker);
      const { breezy } = JSON.parse(readFileSync(built, 'utf8')) as { breezy: string };
      writeFileSync(
        manifest,
        JSON.stringify({ format: 1, breezy, modules: ['no_such_module_anywhere'] }),
      );
      const failed = await until('the failure', async () => {
        const { zygote } = (await readState(forker)).view;
        return zygote.state === 'ready' && zygote.failure;
      });
      assert.equal(failed.step, 'importing no_such_module_anywhere');
      assert.match(failed.message, /^ModuleNotFoundError: .* \(exit 1\)$/);
      // The page said that nothing serves.
      assert.equal(await readZygotePid(forker), old);
      const { zygote } = await readState(forker);
      assert.deepEqual([zygote.pid, zygote.trouble?.step], [old, failed.step]);
      assert.match(zygote.trouble?.stderr.at(-1) ?? '', /^ModuleNotFoundError/);
      const { attempts = 0, failedAt = '', nextTryAt = '' } = zygote.trouble ?? {};
      assert.ok(attempts >= 1 && Date.parse(nextTryAt) > Date.parse(failedAt));
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      assert.match(forker.stderr, /zygote failed.*"stderr":\[.*"ModuleNotFoundError/);
      writeFileSync(manifest, readFileSync(built));
      await otherZygote(forker, old);
      assert.equal((await readState(forker)).zygote.trouble, null);
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      await until('the end of the old zygote', () => !isRunning(old));
    });
  });
});

describe('a zygote that died and cannot come up again', () => {
  it('has requests refused at once with the step, and is tried again until it comes up', async () => {
    await withForker('[forker]\npool_size = 0\n', async (forker, manifest) => {
      const old = await readZygotePid(forker);
      const { breezy } = JSON.parse(readFileSync(built, 'utf8')) as { breezy: string };
      writeFileSync(
        manifest,
        JSON.stringify({ format: 1, breezy, modules: ['no_such_module_anywhere'] }),
      );
      process.kill(old, 'SIGKILL');
      const refused =
        /the zygote does not start: importing no_such_module_anywhere: ModuleNotFoundError: .* \(exit 1\)/;
      await until(
        'the failure',
        async () => (await readState(forker)).view.zygote.state === 'failed',
      );
      const request = forkChild({ socket: forker.socket, command: ['rocks'], environment: {} });
      await assert.rejects(request, refused);
      writeFileSync(manifest, readFileSync(built));
      await otherZygote(forker, old);
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
    });
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import {
  assertNothingLeft,
  takeBaseline,
  temporaryDirectory,
  until,
  within,
} from '@hatchery/testkit';
import { main, type Outcome } from '../test-support/hatchery.ts';

/**
 * A command of whoever asks: by default ourselves, with the configuration that HATCHERY_CONFIG
 * names.
 */
async function ask(
  file: string,
  words: readonly string[],
  as: readonly string[] = [],
): Promise<Outcome> {
  const [program = '', ...argv] = [...as, process.execPath, main, ...words];
  const environment = { PATH: process.env['PATH'], HATCHERY_CONFIG: file };
  const child = spawn(program, argv, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  });
  const ended = once(child, 'exit');
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [stdout, stderr] = await within(words.join(' '), said, 120_000);
  const [code] = (await ended) as [number | null];
  return { code, stdout, stderr };
}

async function states(file: string, as: readonly string[] = []): Promise<string> {
  const { stdout, stderr } = await ask(file, ['status', '--json'], as);
  assert.notEqual(stdout, '', stderr);
  const { parts } = JSON.parse(stdout) as {
    readonly parts: readonly { readonly name: string; readonly state: string }[];
  };
  return parts.map(({ state }) => state).join();
}

const allReady = 'ready,ready,ready,ready,ready';
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/**
 * Whether another user can run our program at all: a checkout in somebody's home is closed to
 * others.
 */
async function canAskAsNobody(file: string): Promise<boolean> {
  return (
    process.getuid?.() === 0 && (await ask(file, ['help'], nobody).catch(() => null))?.code === 0
  );
}

describe('a running service', () => {
  it('is found whoever asks, when its short name is cleaned away, and when its configuration has changed', async (context) => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    chmodSync(directory.path, 0o755);
    const state = join(directory.path, 'long'.repeat(20), 'state');
    const file = join(directory.path, 'own.toml');
    const listen = '[ssh]\nlisten = "127.0.0.1:0"\n[dashboard]\nlisten = "127.0.0.1:0"\n';
    mkdirSync(dirname(state));
    writeFileSync(file, `state_dir = "${state}"\n${listen}`);
    assert.equal((await ask(file, ['start'])).code, 0);
    const { runtimeDirectory } = JSON.parse(readFileSync(join(state, 'service.json'), 'utf8')) as {
      readonly runtimeDirectory: string;
    };
    try {
      assert.equal(await states(file), allReady);
      if (await canAskAsNobody(file)) {
        assert.equal(await states(file, nobody), 'unknown,unknown,unknown,unknown,unknown');
        const { stdout } = await ask(file, ['status'], nobody);
        assert.match(
          stdout,
          /what runs is written in \S+, which is not for this user; run it with sudo, or as uid 0$/m,
        );
      } else context.diagnostic('nobody else can run the program here');
      rmSync(runtimeDirectory);
      await until('its name to be made anew', async () => (await states(file)) === allReady);
      writeFileSync(
        file,
        `state_dir = "${state}"\nruntime_dir = "${directory.path}/elsewhere"\n${listen}`,
      );
      assert.equal(await states(file), allReady);
      assert.match(
        (await ask(file, ['restart'])).stderr,
        /runtime_dir cannot change from .* under a running service/,
      );
    } finally {
      assert.equal((await ask(file, ['stop'])).code, 0);
      rmSync(dirname(runtimeDirectory), { recursive: true });
    }
    await assertNothingLeft(directory.path, baseline);
  });

  it('that has lost its sockets is not called down, and the advised restart mends it', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    const file = join(directory.path, 'own.toml');
    const runtime = join(directory.path, 'cleaned');
    const listen = '[ssh]\nlisten = "127.0.0.1:0"\n[dashboard]\nlisten = "127.0.0.1:0"\n';
    writeFileSync(
      file,
      `state_dir = "${directory.path}/state"\nruntime_dir = "${runtime}"\n${listen}`,
    );
    assert.equal((await ask(file, ['start'])).code, 0);
    try {
      rmSync(runtime, { recursive: true });
      const { code, stdout } = await ask(file, ['status']);
      assert.equal(code, 1);
      const advice =
        /^forker +failed .*runs, but its control socket \S+ is gone; what runs goes on; hatchery restart(?: --(?:config|state-dir) \S+)+ --now stops/m;
      assert.match(stdout, advice);
      assert.match(
        (await ask(file, ['children'])).stderr,
        /the fork service \(pid \d+\) runs, but its control socket/,
      );
      const restarted = await ask(file, ['restart', '--now']);
      assert.equal(restarted.code, 0, restarted.stderr);
      assert.equal(await states(file), allReady);
    } finally {
      assert.equal((await ask(file, ['stop'])).code, 0);
    }
    await assertNothingLeft(directory.path, baseline);
  });
});

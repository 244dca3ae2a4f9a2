import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  assertNothingLeft,
  ForkerProcess,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';
import type { PartStatus, Status } from '../src/service/status.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** What a command says of the service in the directory. */
function hatchery(directory: string, ...words: string[]): string {
  const place = ['--config', join(directory, 'hatchery.toml'), '--state-dir', directory];
  return spawnSync(process.execPath, [main, ...words, ...place], { encoding: 'utf8' }).stdout;
}

/** What `status` says of the parts that `names` name. */
function parts(directory: string, ...names: string[]): PartStatus[] {
  const { parts: all } = JSON.parse(hatchery(directory, 'status', '--json')) as Status;
  return names.map((name) => all.find((part) => part.name === name) ?? assert.fail(`no ${name}`));
}

/** What `doctor` says of the running service. */
function doctor(directory: string): string {
  const lines = hatchery(directory, 'doctor').split('\n');
  return lines
    .filter((line) => /of the running service|running fork service|as configured/.test(line))
    .join('\n');
}

/** Runs `story` on a forker of its own; nothing may be left. */
async function withForker(
  more: string,
  story: (forker: ForkerProcess, directory: string) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    const config = `[ssh]\nlisten = "127.0.0.1:0"\n[dashboard]\nlisten = "127.0.0.1:0"\n${more}`;
    await using forker = await ForkerProcess.start(directory.path, { config });
    await story(forker, directory.path);
  }
  await assertNothingLeft(directory.path, baseline);
}

describe('status and doctor', () => {
  it('say since when keeper and zygote are ready, and that the keeper or the forker gives no answer', async () => {
    await withForker('', async (forker, directory) => {
      const ready = parts(directory, 'keeper', 'zygote');
      for (const { state, readySince, lastError } of ready) {
        assert.deepEqual([state, lastError], ['ready', null]);
        assert.match(readySince ?? '', /^20\d\d-.*Z$/);
      }
      assert.equal(
        doctor(directory),
        'ok       keeper of the running service\nok       zygote of the running service',
      );

      const pid = ready[0]?.pid ?? 0;
      process.kill(pid, 'SIGSTOP');
      const [keeper, zygote] = await until('the trouble', () => {
        const now = parts(directory, 'keeper', 'zygote');
        return now[0]?.state === 'failed' ? now : null;
      });
      assert.match(
        keeper?.lastError ?? '',
        new RegExp(`^the keeper \\(pid ${pid}\\) gives no answer, so no session`),
      );
      assert.equal(zygote?.state, 'unknown');
      assert.match(
        doctor(directory),
        /^TROUBLE {2}keeper of the running service: the keeper .*kill -KILL/,
      );
      process.kill(pid, 'SIGCONT');

      forker.kill('SIGSTOP');
      const [silent, ...others] = parts(directory, 'forker', 'keeper', 'zygote');
      assert.equal(silent?.state, 'failed');
      assert.match(
        silent.lastError ?? '',
        new RegExp(`^it gives no answer; sessions go on; .*kill -KILL ${forker.pid}, `),
      );
      for (const { state, lastError } of others)
        assert.deepEqual([state, lastError], ['unknown', 'the fork service gives no answer']);
      assert.match(doctor(directory), /^TROUBLE {2}running fork service: .*gives no answer/);
      forker.kill('SIGCONT');
    });
  });

  it('have a zygote that is not wanted for off, and not for trouble', async () => {
    await withForker('[forker]\nfork = false\n', async (_forker, directory) => {
      const [zygote] = parts(directory, 'zygote');
      assert.deepEqual([zygote?.state, zygote?.lastError], ['off', null]);
      assert.match(doctor(directory), /^ok {7}sessions without a zygote, as configured$/m);
    });
  });
});

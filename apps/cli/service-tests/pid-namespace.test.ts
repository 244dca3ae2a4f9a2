import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import {
  assertNothingLeft,
  isRunning,
  takeBaseline,
  temporaryDirectory,
  within,
} from '@hatchery/testkit';
import { configure, hatchery, main, pidOf, type Outcome } from '../test-support/hatchery.ts';

const unshare = ['--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const { status, stderr } = spawnSync('unshare', [...unshare, 'true'], { encoding: 'utf8' });
const skip = status === 0 ? false : `no pid namespace: ${stderr.trim()}`;

/** A command in a pid namespace of its own, with the files of the host. */
async function inside(directory: string, ...words: string[]): Promise<Outcome> {
  const about = ['--config', join(directory, 'own.toml'), '--state-dir', join(directory, 'state')];
  const argv = [...unshare, process.execPath, main, ...words, ...about];
  const child = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const [out, err] = await within(
    words.join(' '),
    Promise.all([text(child.stdout), text(child.stderr)]),
    120_000,
  );
  const [code] = (await ended) as [number | null];
  return { code, stdout: out, stderr: err };
}

describe('a service, from another pid namespace of its host', { skip }, () => {
  it('is unknown and not down, and is neither stopped nor started again from there', async () => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const baseline = takeBaseline();
    configure(path);
    assert.equal((await hatchery(path, 'start')).code, 0);
    try {
      const gateway = (await pidOf(path, 'ssh-gateway')) ?? 0;
      const shown = await inside(path, 'status', '--json');
      const { parts } = JSON.parse(shown.stdout) as {
        readonly parts: readonly {
          readonly name: string;
          readonly state: string;
          readonly lastError: string | null;
        }[];
      };
      for (const name of ['forker', 'ssh-gateway', 'dashboard']) {
        const part = parts.find((one) => one.name === name);
        assert.equal(part?.state, 'unknown', name);
        assert.match(
          part.lastError ?? '',
          /written of another pid namespace, .*\(pid \d+ there\), .*; run it there/,
        );
      }
      for (const words of [['stop'], ['stop', '--now'], ['restart']]) {
        const refused = await inside(path, ...words);
        assert.equal(refused.code, 1);
        assert.match(
          refused.stderr,
          /what runs is written of another pid namespace, .*; run it there/,
        );
      }
      assert.match(
        (await inside(path, 'start')).stderr,
        /is of a hatchery in another pid namespace/,
      );
      assert.match(
        (await inside(path, 'doctor')).stdout,
        /^TROUBLE {2}what runs: .*another pid namespace/m,
      );
      assert.ok(isRunning(gateway));
      assert.equal((await hatchery(path, 'status')).code, 0);
    } finally {
      assert.equal((await hatchery(path, 'stop')).code, 0);
    }
    await assertNothingLeft(path, baseline);
  });
});

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  ask,
  assertNothingLeft,
  takeBaseline,
  temporaryDirectory,
  until,
  within,
} from '@hatchery/testkit';
import { configure, hatchery, main, pidOf } from '../test-support/hatchery.ts';

/** Each `hello` is a line in the log of the fork service; these are more than a pipe holds. */
const manyLines = 200;

async function makeLines(directory: string): Promise<void> {
  const socket = join(directory, 'state/run/forker.sock');
  for (let line = 0; line < manyLines; line += 1) assert.match(await ask(socket, 'hello\n'), /^ok/);
}

/** `up` in the foreground, in `directory`, until it has ended. */
class ForegroundService implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly #directory: string;

  constructor(
    directory: string,
    words: readonly string[],
    stdout: 'pipe' | number,
    stderr: 'pipe' | number,
  ) {
    this.#directory = directory;
    const argv = [main, ...words, '--config', 'own.toml', '--state-dir', 'state'];
    this.process = spawn(process.execPath, argv, {
      cwd: directory,
      stdio: ['ignore', stdout, stderr],
    });
  }

  async served(): Promise<void> {
    await until('a service', async () => (await hatchery(this.#directory, 'status')).code === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGCONT');
    this.process.kill('SIGTERM');
    assert.deepEqual(await within('its end', ended), [0, null]);
  }
}

async function withDirectory(story: (directory: string) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  configure(directory.path);
  await story(directory.path);
  await assertNothingLeft(directory.path, baseline);
}

/** Runs `story` with the log of a detached service on a disk of its own. */
async function withLogDisk(
  context: TestContext,
  story: (directory: string, disk: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const disk = join(directory, 'state');
    mkdirSync(disk);
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    if (status !== 0) return context.skip(`no file system of its own: ${stderr.toString().trim()}`);
    try {
      await story(directory, disk);
    } finally {
      spawnSync('umount', ['--lazy', disk]);
    }
  });
}

describe('the log of a service', () => {
  it('on a full disk ends nothing, is told by doctor, and goes on when there is room', async (context) => {
    await withLogDisk(context, async (directory, disk) => {
      assert.equal((await hatchery(directory, 'start')).code, 0);
      try {
        const filler = join(disk, 'filler');
        assert.throws(() => writeFileSync(filler, Buffer.alloc(32 * 1024 * 1024)), {
          code: 'ENOSPC',
        });
        const forker = await pidOf(directory, 'forker');
        await makeLines(directory);
        assert.equal(await pidOf(directory, 'forker'), forker);
        assert.match(
          (await hatchery(directory, 'doctor')).stdout,
          /^TROUBLE {2}log of the running service.*ENOSPC/m,
        );
        rmSync(filler);
        const lines = (): number =>
          readFileSync(join(disk, 'hatchery.log'), 'utf8').split('forker: hello').length - 1;
        await until('every line', () => lines() === manyLines);
        assert.match(
          (await hatchery(directory, 'doctor')).stdout,
          /^ok {7}log of the running service$/m,
        );
      } finally {
        assert.equal((await hatchery(directory, 'stop', '--now')).code, 0);
      }
    });
  });

  it('and what `up` prints end nothing when they are written nowhere', async () => {
    await withDirectory(async (directory) => {
      const full = openSync('/dev/full', 'w');
      for (const words of [['up'], ['up', '--json']]) {
        await using service = new ForegroundService(directory, words, full, full);
        await service.served();
        await makeLines(directory);
        assert.equal(service.process.exitCode, null);
      }
      closeSync(full);
    });
  });

  it('ends nothing when its reader has gone', async () => {
    await withDirectory(async (directory) => {
      await using service = new ForegroundService(directory, ['up'], 'pipe', 'pipe');
      service.process.stdout?.destroy();
      service.process.stderr?.destroy();
      await service.served();
      await makeLines(directory);
      assert.equal(service.process.exitCode, null);
    });
  });

  it('keeps no part from serving while the supervisor that reads it stands still', async () => {
    await withDirectory(async (directory) => {
      await using service = new ForegroundService(directory, ['up'], 'pipe', 'pipe');
      service.process.stdout?.resume();
      let log = '';
      service.process.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
      await service.served();
      service.process.kill('SIGSTOP');
      await makeLines(directory);
      service.process.kill('SIGCONT');
      await until('every line', () => log.split('forker: hello').length - 1 === manyLines);
    });
  });
});

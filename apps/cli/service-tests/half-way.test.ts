import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  assertNothingLeft,
  takeBaseline,
  temporaryDirectory,
  until,
  within,
} from '@hatchery/testkit';
import { configure, hatchery, main, pidOf } from '../test-support/hatchery.ts';

/** A start of which is known what its log says. */
class Starting {
  readonly process: ChildProcess;
  readonly #directory: string;

  constructor(directory: string, ...words: string[]) {
    this.#directory = directory;
    const argv = [main, ...words, '--config', 'own.toml', '--state-dir', 'state'];
    const log = words[0] === 'up' ? 'pipe' : 'ignore';
    this.process = spawn(process.execPath, argv, {
      cwd: directory,
      stdio: ['ignore', 'ignore', log],
    });
    this.process.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
  }

  #said = '';

  async says(line: string): Promise<void> {
    await until(`'${line}'`, () => this.hasSaid(line));
  }

  hasSaid(line: string): boolean {
    return (
      this.#said.includes(line) ||
      readIfAny(join(this.#directory, 'state/hatchery.log')).includes(line)
    );
  }
}

describe('a start that is interrupted', () => {
  for (const [line, signal] of [
    ['making the user', 'SIGTERM'],
    ['Listening on socket', 'SIGHUP'],
    ['listening', 'SIGINT'],
  ] as const) {
    it(`by ${signal} when it says '${line}' leaves nothing`, async () => {
      using directory = temporaryDirectory();
      const baseline = takeBaseline();
      configure(directory.path);
      const starting = new Starting(directory.path, 'up');
      await starting.says(line);
      starting.process.kill(signal);
      assert.deepEqual(await within('its end', once(starting.process, 'exit'), 60_000), [0, null]);
      await assertNothingLeft(directory.path, baseline);
    });
  }

  it('by the death of whoever waits for it ends, and says so in its log', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    configure(directory.path);
    const starting = new Starting(directory.path, 'start');
    await starting.says('Listening on socket');
    starting.process.kill('SIGKILL');
    await starting.says('hatchery: up: whoever started it waits no longer');
    await assertNothingLeft(directory.path, baseline);
    assert.match((await hatchery(directory.path, 'stop')).stderr, /nothing runs on/);
  });

  it('by Ctrl-C at start ends it, waits for that, and says so', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    configure(directory.path);
    const starting = new Starting(directory.path, 'start');
    await starting.says('Listening on socket');
    starting.process.kill('SIGINT');
    assert.deepEqual(await within('its end', once(starting.process, 'exit'), 60_000), [1, null]);
    await assertNothingLeft(directory.path, baseline);
  });
});

describe('a fork service that is killed', () => {
  // A keeper has its name in its lock before it can be reached, and its socket before its forker
  // knows.
  for (const [moment, file] of [
    ['begins with its keeper', 'keeper.lock'],
    ['has its keeper', 'keeper.sock'],
  ] as const) {
    it(`when it ${moment} fails the start, and leaves no keeper`, async () => {
      // Nothing keeps a fork service from being quicker than we are on a busy machine.
      for (let wasReady = true, attempt = 0; wasReady; attempt += 1) {
        assert.ok(attempt < 10, 'it was ready each time');
        wasReady = await killHalfWay(file);
      }
    });
  }

  it('together with its supervisor leaves a keeper that stop ends', async () => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const baseline = takeBaseline();
    configure(path);
    assert.equal((await hatchery(path, 'start')).code, 0);
    const forker = (await pidOf(path, 'forker')) ?? 0;
    const { pid } = JSON.parse(readFileSync(join(path, 'state/service.json'), 'utf8')) as {
      readonly pid: number;
    };
    for (const killed of [pid, forker]) process.kill(killed, 'SIGKILL');
    const stopped = await hatchery(path, 'stop');
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.match(
      stopped.stderr,
      /has left the keeper \(pid \d+\) with 0 sessions; they are ended$/m,
    );
    await assertNothingLeft(path, baseline);
    assert.match((await hatchery(path, 'stop')).stderr, /nothing runs on/);
  });
});

describe('a full disk', () => {
  // What is left, in KiB: nothing for the record of the supervisor, a file for a host key, some for
  // the keeper, more for the parts.
  it('fails a start with what to do, and leaves no half file and no process; with room again it starts', async (context) => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const baseline = takeBaseline();
    configure(path);
    const disk = join(path, 'state');
    const filler = join(disk, 'filler');
    mkdirSync(disk);
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    if (status !== 0) return context.skip(`no file system of its own: ${stderr.toString().trim()}`);
    try {
      for (const [leftKiB, cause] of [
        [
          0,
          /^hatchery: start: \S+service\.json\.\d+ cannot be written: its file system is full \(ENOSPC\); make room there/,
        ],
        [
          4,
          /^hatchery: start: \S+ssh_host_ed25519_key\.new cannot be written: .*\(ENOSPC\); make room there/,
        ],
        [16, /^hatchery: start: .*(make room|ENOSPC|No space)/],
      ] as const) {
        writeFileSync(filler, Buffer.alloc((2048 - leftKiB) * 1024));
        const failed = await hatchery(path, 'start');
        assert.deepEqual([failed.code, failed.stdout], [1, ''], `${leftKiB} KiB`);
        assert.match(failed.stderr, cause);
        await assertNothingLeft(path, baseline);
        assert.deepEqual(
          readdirSync(disk).filter(
            (name) => name.endsWith('.new') || name.startsWith('service.json'),
          ),
          [],
        );
        rmSync(filler);
      }
      const started = await hatchery(path, 'start');
      assert.equal(started.code, 0, started.stderr);
      assert.equal((await hatchery(path, 'stop')).code, 0);
    } finally {
      spawnSync('umount', ['--lazy', disk]);
    }
    await assertNothingLeft(path, baseline);
  });
});

/**
 * Kills the fork service of a start when a file is there, and looks at what comes of that; true
 * when it was ready already.
 */
async function killHalfWay(file: string): Promise<boolean> {
  using directory = temporaryDirectory();
  const { path } = directory;
  const baseline = takeBaseline();
  configure(path);
  const starting = new Starting(path, 'up');
  const forker = await until('the fork service', () => processOf(path, 'apps/forker/src/main.ts'));
  await until(file, () => readdirIfAny(join(path, 'state/run')).includes(file));
  process.kill(forker, 'SIGKILL');
  await starting.says('forker ended with SIGKILL');
  const wasReady = starting.hasSaid('Listening on socket');
  if (wasReady) starting.process.kill('SIGTERM');
  assert.deepEqual(await within('its end', once(starting.process, 'exit'), 60_000), [
    wasReady ? 0 : 1,
    null,
  ]);
  assert.equal(starting.hasSaid('forker ended with SIGKILL before it was ready'), !wasReady);
  await assertNothingLeft(path, baseline);
  return wasReady;
}

/** The pid of the process of a directory that runs a program; null when none does. */
function processOf(directory: string, program: string): number | null {
  const pid = readdirSync('/proc').find((name) => {
    const words = /^\d+$/.test(name) ? readIfAny(`/proc/${name}/cmdline`) : '';
    return words.includes(program) && words.includes(directory);
  });
  return pid === undefined ? null : Number(pid);
}

function readdirIfAny(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

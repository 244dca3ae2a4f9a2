import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Lock } from '@hatchery/events';
import { processFacts, thisKernel } from '@hatchery/script-locks';
import { until, within } from '@hatchery/testkit';
import { LockBench } from './lock-bench.test-support.ts';

/**
 * A shell in its own group that got the lock `a` from a `flock` that has ended; `$1` is the file.
 * It then runs `script`.
 */
class Script implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = '';

  constructor(directory: string, script: string, take = 'exec 9<>"$1"; flock 9;') {
    const words = ['-c', `${take} ${script}`, 'sh', join(directory, 'a.lock'), script];
    this.process = spawn('sh', words, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#ended = new Promise((resolve) => this.process.once('exit', resolve));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Its output, once it is a whole line. */
  async line(): Promise<string> {
    return until('a line', () => (this.#said.endsWith('\n') ? this.#said.trim() : null));
  }

  async ended(): Promise<void> {
    await within('its end', this.#ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#ended;
    this.process.stdout?.destroy();
  }
}

async function shown(
  bench: LockBench,
  isWanted: (lock: Lock) => boolean = () => true,
): Promise<Lock> {
  return until('the lock to be shown', () =>
    bench.view.find((lock) => lock.kind === 'script' && isWanted(lock)),
  );
}

/** Ends what a failed test left. */
function endingOf(pid: number): Disposable {
  return {
    [Symbol.dispose]: () =>
      void (processFacts(pid)?.words[0] === 'sleep' && process.kill(pid, 'SIGKILL')),
  };
}

/**
 * The taker stays, like flock(1) above its command: Python takes the lock and then becomes the
 * rest.
 */
const holdAsFlock = `exec 9<>"$1"; exec /usr/bin/python3 -c 'import fcntl,os,sys; fcntl.flock(9, 2); os.set_inheritable(9, True); os.execvp("sh", ["sh", "-c", sys.argv[1]])' "$2";`;

const leaveBehind = 'setsid sleep 600 >&- & echo $!';

describe('breaking the lock of a script', () => {
  it('ends the process that has the file open when the taker has ended and left no group', async () => {
    using bench = new LockBench();
    await using script = new Script(bench.scriptsDirectory, leaveBehind);
    const left = Number(await script.line());
    using _left = endingOf(left);
    await script.ended();
    const lock = await shown(bench, ({ holder }) => holder?.pid === left);
    assert.equal(lock.holder?.command, 'sleep 600');
    const result = await bench.break({ id: lock.id });
    assert.ok('outcome' in result, JSON.stringify(result));
    assert.match(
      result.outcome,
      new RegExp(`process group ${left} was ended by SIGTERM; the kernel has freed the lock$`),
    );
    assert.equal(processFacts(left), null);
    assert.deepEqual(bench.view, []);
  });

  it('harms no process that has reused the pids of its record', async () => {
    using bench = new LockBench();
    await using stranger = new Script(bench.scriptsDirectory, 'echo lives; exec sleep 600', '');
    await stranger.line();
    await using script = new Script(bench.scriptsDirectory, leaveBehind);
    const left = Number(await script.line());
    using _left = endingOf(left);
    const reused = { pid: stranger.pid, startTime: 1 };
    const record = {
      format: 1,
      token: 't',
      process: reused,
      runner: reused,
      ...thisKernel(),
      user: 'u',
      host: 'h',
      command: 'c',
      since: 's',
    };
    writeFileSync(join(bench.scriptsDirectory, 'a.holder.json'), JSON.stringify(record));
    await script.ended();
    const { id } = await shown(bench, ({ holder }) => holder?.pid === left);
    assert.ok('outcome' in (await bench.break({ id })));
    assert.equal(processFacts(left), null);
    assert.notEqual(processFacts(stranger.pid), null);
  });

  it('names the next holder when another process waited for it', async () => {
    using bench = new LockBench();
    await using holder = new Script(bench.scriptsDirectory, 'echo held; sleep 600');
    await holder.line();
    await using waiter = new Script(bench.scriptsDirectory, 'echo mine; sleep 600');
    const { id } = await shown(
      bench,
      ({ waiters, holder: one }) => waiters.length === 1 && one?.pid === holder.pid,
    );
    const result = await bench.break({ id });
    assert.equal(await waiter.line(), 'mine');
    assert.ok('outcome' in result, JSON.stringify(result));
    assert.match(
      result.outcome,
      /SIGTERM; the kernel has freed the lock, and process \d+ \(.*\) has it now$/,
    );
    process.kill(-waiter.pid, 'SIGKILL');
  });

  it('ends the holder of a file that was deleted', async () => {
    using bench = new LockBench();
    await using holder = new Script(
      bench.scriptsDirectory,
      'echo held; exec sleep 600',
      holdAsFlock,
    );
    await holder.line();
    rmSync(join(bench.scriptsDirectory, 'a.lock'));
    const { id, condition } = await shown(bench, (lock) => lock.condition === 'deleted');
    assert.equal(condition, 'deleted');
    const result = await bench.break({ id });
    assert.ok('outcome' in result, JSON.stringify(result));
    assert.match(result.outcome, /was ended by SIGTERM; the kernel has freed the lock$/);
    assert.deepEqual(bench.view, []);
  });

  it('kills a process that ignores TERM', async () => {
    using bench = new LockBench();
    await using holder = new Script(
      bench.scriptsDirectory,
      "trap '' TERM; echo held; while :; do sleep 600; done",
    );
    await holder.line();
    const { id } = await shown(bench, ({ holder: one }) => one?.pid === holder.pid);
    const result = await bench.break({ id });
    assert.ok(
      'outcome' in result && /was ended by SIGKILL; the kernel has freed/.test(result.outcome),
      JSON.stringify(result),
    );
  });

  it('names a process left outside the job, and does not call the lock free', async () => {
    const attemptsMax = 10;
    for (let attempt = 1; ; attempt += 1) {
      using bench = new LockBench();
      // When it ends it starts another process, which keeps the lock.
      await using holder = new Script(
        bench.scriptsDirectory,
        "trap 'setsid sleep 600 >&- & exit' TERM; echo held; while :; do sleep 0.05; done",
      );
      await holder.line();
      const { id } = await shown(bench, ({ holder: one }) => one?.pid === holder.pid);
      const result = await bench.break({ id });
      // If it was seen before the script was gone, the new process belongs to the job and was ended
      // too.
      if ('outcome' in result && attempt < attemptsMax) continue;
      const { holder: left } = await shown(bench, (lock) => lock.id !== id);
      using _left = endingOf(left?.pid ?? 0);
      assert.ok('refused' in result, JSON.stringify(result));
      assert.match(
        result.refused,
        new RegExp(
          `; process ${left?.pid} \\(.*sleep 600\\), which it left behind, still has the lock$`,
        ),
      );
      return;
    }
  });

  it('refuses to end the service itself', async () => {
    using bench = new LockBench();
    const descriptor = openSync(join(bench.scriptsDirectory, 'a.lock'), 'w+');
    try {
      assert.equal(
        spawnSync('flock', ['3'], { stdio: ['ignore', 'ignore', 'inherit', descriptor] }).status,
        0,
      );
      const { id } = await shown(bench, ({ holder }) => holder?.pid === process.pid);
      const result = await bench.break({ id });
      assert.ok('refused' in result);
      assert.match(result.refused, /has the lock, and is not one that may be ended for it/);
    } finally {
      closeSync(descriptor);
    }
  });
});

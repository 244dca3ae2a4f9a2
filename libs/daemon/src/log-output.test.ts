import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory, until, within } from '@hatchery/testkit';

const fixture = fileURLToPath(new URL('../test-support/talker.ts', import.meta.url));

/** More than the log holds back and its pipe holds together, in lines. */
const tooMany = 3000;

/** A process with a log, told what to log. */
class Talker implements Disposable {
  readonly process: ChildProcess;
  readonly #ended: Promise<number | null>;
  #answers = '';
  stderr = '';

  constructor(
    stderr: 'pipe' | number = 'pipe',
    words: readonly string[] = [process.execPath, fixture],
  ) {
    const [program = '', ...argv] = words;
    this.process = spawn(program, argv, { stdio: ['pipe', 'pipe', stderr] satisfies StdioOptions });
    this.process.stdout?.on('data', (chunk: Buffer) => (this.#answers += chunk.toString()));
    this.#ended = new Promise((resolve) => this.process.on('close', resolve));
  }

  /** Resolves when it goes on after so many lines in all. */
  async say(lines: number, inAll: number): Promise<void> {
    this.order(`say ${lines}`);
    await until(`the answer after ${inAll} lines`, () => this.#answers.includes(`said ${inAll}\n`));
  }

  order(order: string): void {
    this.process.stdin?.write(`${order}\n`);
  }

  listen(): void {
    (this.process.stderr as Readable).on(
      'data',
      (chunk: Buffer) => (this.stderr += chunk.toString()),
    );
  }

  async end(): Promise<number | null> {
    this.process.stdin?.end();
    return within('the end of the talker', this.#ended);
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL');
  }
}

interface Line {
  readonly msg: string;
  readonly number?: number;
  readonly lostLines?: number;
  readonly problem?: string;
}

function read(log: string): Line[] {
  return log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

function numbers(lines: readonly Line[]): number[] {
  return lines.flatMap(({ number }) => (number === undefined ? [] : [number]));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Says how many of `count` lines are missing where the log says so, and that no other is. */
function assertGap(lines: readonly Line[], count: number, problem: string): void {
  const gaps = lines.filter(({ lostLines }) => lostLines !== undefined);
  assert.deepEqual(
    gaps.map((gap) => [gap.msg, gap.problem]),
    [['lines of this log were lost', problem]],
  );
  const lost = gaps[0]?.lostLines ?? 0;
  const before = numbers(lines.slice(0, lines.indexOf(gaps[0] as Line)));
  const after = numbers(lines.slice(lines.indexOf(gaps[0] as Line)));
  assert.deepEqual(
    [...before, ...upTo(lost).map((index) => before.length + index), ...after],
    upTo(count),
  );
  assert.ok(lost > 0 && after.length > 0);
}

describe('the log of a process', () => {
  it('has every line in order when its reader keeps up, the last ones too', async () => {
    using talker = new Talker();
    talker.listen();
    for (let round = 1; round <= 10; round += 1) await talker.say(100, round * 100);
    assert.equal(await talker.end(), 0);
    const lines = read(talker.stderr);
    assert.deepEqual(numbers(lines), upTo(1000));
    assert.equal(lines.at(-1)?.msg, 'the end');
  });

  it('has the last words before a crash', async () => {
    using talker = new Talker();
    talker.listen();
    talker.order('crash');
    assert.equal(await talker.end(), 1);
    assert.match(talker.stderr, /last words[^]*a mistake in the talker/);
  });

  it('keeps nobody waiting for a reader that stands still, and says what it lost once that goes on', async () => {
    using talker = new Talker();
    await talker.say(tooMany, tooMany);
    talker.listen();
    await until('the lost lines', () => talker.stderr.includes('were lost'));
    await talker.say(1, tooMany + 1);
    assert.equal(await talker.end(), 0);
    assertGap(read(talker.stderr), tooMany + 1, 'EAGAIN');
  });

  it('keeps what a slow reader has not got yet, and loses nothing of it', async () => {
    using talker = new Talker();
    await talker.say(800, 800);
    talker.listen();
    await talker.say(1, 801);
    assert.equal(await talker.end(), 0);
    assert.deepEqual(numbers(read(talker.stderr)), upTo(801));
  });

  it('does not keep a process from its end, whose reader stands still', async () => {
    using talker = new Talker();
    await talker.say(tooMany, tooMany);
    talker.process.stdin?.end();
    await within('its end', new Promise((resolve) => talker.process.once('exit', resolve)));
    assert.equal(talker.process.exitCode, 0);
  });

  it('keeps nobody waiting for a terminal that stands still, as at Ctrl-S', async () => {
    using directory = temporaryDirectory();
    const [orders, answers] = [join(directory.path, 'orders'), join(directory.path, 'answers')];
    spawnSync('mkfifo', [orders]);
    const command = `${process.execPath} ${fixture} <${orders} >${answers}`;
    // Its terminal is script(1)'s, and stands still when that does.
    using terminal = new Talker('pipe', [
      'script',
      '--quiet',
      '--return',
      '--command',
      command,
      '/dev/null',
    ]);
    const to = openSync(orders, 'r+');
    try {
      writeFileSync(to, 'say 1\n');
      await until(
        'the first answer',
        () => existsSync(answers) && readFileSync(answers, 'utf8') === 'said 1\n',
      );
      terminal.process.kill('SIGSTOP');
      writeFileSync(to, `say ${tooMany}\n`);
      await until('the next answer', () =>
        readFileSync(answers, 'utf8').endsWith(`said ${1 + tooMany}\n`),
      );
      terminal.process.kill('SIGCONT');
    } finally {
      closeSync(to);
    }
    assert.equal(await terminal.end(), 0);
  });

  it('costs a process nothing when its reader has gone, or it is on a full device', async () => {
    using talker = new Talker();
    talker.process.stderr?.destroy();
    for (const inAll of [tooMany, 2 * tooMany]) await talker.say(tooMany, inAll);
    assert.equal(await talker.end(), 0);
    const full = openSync('/dev/full', 'w');
    using other = new Talker(full);
    closeSync(full);
    for (const inAll of [tooMany, 2 * tooMany]) await other.say(tooMany, inAll);
    assert.equal(await other.end(), 0);
  });

  it('goes on in its file once the disk has room, and says what it lost', async (context) => {
    await onSmallDisk(context, async (disk) => {
      const path = join(disk, 'log');
      const file = openSync(path, 'a');
      using talker = new Talker(file);
      closeSync(file);
      await talker.say(10, 10);
      const filler = join(disk, 'filler');
      assert.throws(() => writeFileSync(filler, Buffer.alloc(16 * 1024 * 1024)), {
        code: 'ENOSPC',
      });
      for (let said = 100; said <= tooMany; said += 100) await talker.say(100, 10 + said);
      rmSync(filler);
      await until('the lost lines', () => readFileSync(path, 'utf8').includes('were lost'));
      await talker.say(1, 11 + tooMany);
      assert.equal(await talker.end(), 0);
      assertGap(read(readFileSync(path, 'utf8')), 11 + tooMany, 'ENOSPC');
    });
  });
});

async function onSmallDisk(
  context: TestContext,
  story: (disk: string) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const { status, stderr } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    'size=8m',
    'tmpfs',
    directory.path,
  ]);
  if (status !== 0) return context.skip(`no file system of its own: ${stderr.toString().trim()}`);
  try {
    await story(directory.path);
  } finally {
    spawnSync('umount', [directory.path]);
  }
}

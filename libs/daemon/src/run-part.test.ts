import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import type { PartRecord } from './part-record.ts';
import { processStartTime } from './process-identity.ts';

const fixture = fileURLToPath(new URL('../test-support/part.ts', import.meta.url));

/** A part that runs as a process of its own. */
class RunningPart implements Disposable {
  readonly #directory = temporaryDirectory();
  readonly process: ChildProcess;
  readonly #ended: Promise<[code: number | null, signal: string | null]>;
  /** All that it writes on descriptor 3, once it has closed it. */
  readonly readyLine: Promise<string>;
  stdout = '';
  stderr = '';

  constructor(...words: string[]) {
    const argv = [fixture, '--state-dir', this.#directory.path, ...words];
    this.process = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
    this.process.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.readyLine = text(this.process.stdio[3] as Readable);
    this.#ended = new Promise((resolve) =>
      this.process.on('close', (code, signal) => resolve([code, signal])),
    );
  }

  get recordPath(): string {
    return join(this.#directory.path, 'parts', 'sample.json');
  }

  async said(line: string): Promise<void> {
    await until(`'${line}' from the part`, () => this.stdout.split('\n').includes(line));
  }

  async ended(): Promise<[code: number | null, signal: string | null]> {
    return within('the end of the part', this.#ended);
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL');
    this.#directory[Symbol.dispose]();
  }
}

describe('runPart', () => {
  it('says on its ready descriptor, once, who it is and where it serves, and leaves a record as long as it lives', async () => {
    using part = new RunningPart('--ready-fd', '3');
    const line = await within('readiness', part.readyLine);
    const record = JSON.parse(line) as PartRecord;
    assert.equal(line, `${JSON.stringify(record)}\n`);
    assert.deepEqual(
      [record.name, record.pid, record.details],
      ['sample', part.process.pid, { address: 'here' }],
    );
    assert.equal(record.startTime, processStartTime(record.pid));
    assert.deepEqual(JSON.parse(readFileSync(part.recordPath, 'utf8')), record);
    part.process.kill('SIGTERM');
    assert.deepEqual(await part.ended(), [0, null]);
    assert.ok(!existsSync(part.recordPath));
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`stops at ${signal}, urgently at the second one`, async () => {
      using part = new RunningPart('--end', 'hang');
      await part.said('ready');
      await until('the record', () => existsSync(part.recordPath));
      part.process.kill(signal);
      await part.said('stop');
      assert.equal(part.process.exitCode, null);
      part.process.kill(signal);
      assert.deepEqual(await part.ended(), [0, null]);
      assert.equal(part.stdout, 'starting\nready\nstop\nstop urgently\n');
    });
  }

  // A start that was cut off left behind what it had started so far.
  it('stops once it has started when the signal came before', async () => {
    using part = new RunningPart('--start', 'slow');
    await part.said('starting');
    part.process.kill('SIGTERM');
    assert.deepEqual(await part.ended(), [0, null]);
    assert.equal(part.stdout, 'starting\nready\nstop\n');
  });

  it('gives a start up at the second signal', async () => {
    using part = new RunningPart('--start', 'stuck');
    await part.said('starting');
    const again = setInterval(() => part.process.kill('SIGTERM'), 20);
    try {
      assert.deepEqual(await part.ended(), [1, null]);
    } finally {
      clearInterval(again);
    }
  });

  it('stops at the end of its standard input when it is asked to, and only then', async () => {
    using part = new RunningPart('--stop-with-stdin', 'yes');
    await part.said('ready');
    part.process.stdin?.end();
    assert.deepEqual(await part.ended(), [0, null]);
    assert.match(part.stdout, /stop\n$/);
    using deaf = new RunningPart('--ready-fd', '3');
    deaf.process.stdin?.end();
    await within('readiness', deaf.readyLine);
    assert.equal(deaf.process.exitCode, null);
    deaf.process.kill('SIGTERM');
    assert.deepEqual(await deaf.ended(), [0, null]);
  });

  it('ends with 1 when it cannot write down that it runs', async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'parts'), 'in the way');
    using part = new RunningPart('--state-dir', directory.path);
    assert.deepEqual(await part.ended(), [1, null]);
    assert.match(
      part.stderr,
      /^sample: cannot write down that it runs: cannot make \S+: a file is in its place; [^\n]*\n$/,
    );
    assert.match(part.stdout, /^stop urgently$/m);
  });

  it('ends with 1 and the reason alone when it cannot start', async () => {
    using part = new RunningPart('--start', 'fail', '--ready-fd', '3');
    assert.deepEqual(await part.ended(), [1, null]);
    assert.equal(part.stderr, 'sample: the sample cannot start; start another\n');
    assert.equal(await part.readyLine, '');
    assert.ok(!existsSync(part.recordPath));
  });

  it('ends with 1 and everything known when it has a mistake in it, or cannot go on', async () => {
    using crashed = new RunningPart('--start', 'crash');
    assert.deepEqual(await crashed.ended(), [1, null]);
    assert.match(
      crashed.stderr,
      /FATAL: sample: unexpected error: a mistake in the sample \n[^]*TypeError: a mistake in the sample[^]*\nsample: unexpected error: a mistake in the sample\n$/,
    );
    using failed = new RunningPart('--end', 'fail');
    await until('the record', () => existsSync(failed.recordPath));
    failed.process.kill('SIGTERM');
    assert.deepEqual(await failed.ended(), [1, null]);
    assert.match(failed.stderr, /it cannot go on/);
    assert.ok(!existsSync(failed.recordPath));
  });

  it('ends with 2 and one line at a wrong command line', async () => {
    for (const words of [
      ['--nonsense', 'x'],
      ['word'],
      ['--config'],
      ['--ready-fd', 'x'],
      ['--ready-fd', '2'],
      ['--ready-fd', '3.5'],
    ]) {
      using part = new RunningPart(...words);
      assert.deepEqual(await part.ended(), [2, null], words.join(' '));
      assert.match(part.stderr, /^sample: .+\n$/);
      assert.equal(part.stdout, '');
    }
  });

  it('ends with 1 and every problem of its configuration', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'hatchery.toml');
    writeFileSync(file, '[forker]\nmax_childs = 1\nsocket_mode = "rw"\n');
    using part = new RunningPart('--config', file);
    assert.deepEqual(await part.ended(), [1, null]);
    assert.match(
      part.stderr,
      /hatchery\.toml:2: forker\.max_childs: [^]*hatchery\.toml:3: forker\.socket_mode: /,
    );
    using missing = new RunningPart('--config', join(directory.path, 'none'));
    assert.deepEqual(await missing.ended(), [1, null]);
    assert.match(missing.stderr, /there is no such file/);
  });
});

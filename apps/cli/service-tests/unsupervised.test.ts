import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  assertNothingLeft,
  isRunning,
  takeBaseline,
  temporaryDirectory,
  until,
  within,
} from '@hatchery/testkit';
import { configure, hatchery, main, pidOf } from '../test-support/hatchery.ts';

interface ServiceRecord {
  readonly pid: number;
}

/** A session of OpenSSH in the middle of its life. */
class OpenSession implements Disposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #said = '';

  constructor(directory: string, port: number) {
    const words = [
      '-p',
      String(port),
      'demo@127.0.0.1',
      'bzr',
      'serve',
      '--inet',
      '--directory=/',
      '--allow-writes',
    ];
    this.#process = spawn(join(directory, 'state/demo/ssh'), words, {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#process.stdout?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#ended = once(this.#process, 'exit');
  }

  /** Asks the smart server, and waits for its answer. */
  async works(): Promise<void> {
    this.#said = '';
    this.#process.stdin?.write('hello\n');
    await until('an answer', () => this.#said === 'ok\x012\n');
  }

  async end(): Promise<void> {
    this.#process.stdin?.end();
    assert.deepEqual(await within('the end of the session', this.#ended), [0, null]);
  }

  /** How it was ended by others. */
  async cut(): Promise<unknown> {
    return (await within('the end of the session', this.#ended))[0];
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Runs `story` on a service whose supervisor was killed under an open session. */
async function withoutSupervisor(
  story: (directory: string, session: OpenSession, port: number) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const { path } = directory;
  const baseline = takeBaseline();
  const port = await freePort();
  configure(path, port);
  assert.equal((await hatchery(path, 'start')).code, 0);
  {
    using session = new OpenSession(path, port);
    await session.works();
    const { pid } = JSON.parse(
      readFileSync(join(path, 'state/service.json'), 'utf8'),
    ) as ServiceRecord;
    process.kill(pid, 'SIGKILL');
    await until('its end', () => !isRunning(pid));
    await story(path, session, port);
  }
  await assertNothingLeft(path, baseline);
}

describe('a service whose supervisor was killed under a session', () => {
  it('is told of by doctor and status, and replaced by start while the session goes on', async () => {
    await withoutSupervisor(async (directory, session, port) => {
      const forker = await pidOf(directory, 'forker');
      assert.match(
        (await hatchery(directory, 'doctor')).stdout,
        new RegExp(
          `^TROUBLE .*forker \\(pid ${forker}\\).*: these parts run without a supervisor.*hatchery start`,
          'm',
        ),
      );
      assert.match(
        (await hatchery(directory, 'status')).stderr,
        /no supervisor runs for .*forker \(pid \d+\)/,
      );
      const started = await hatchery(directory, 'start');
      assert.equal(started.code, 0, started.stderr);
      assert.match(started.stderr, /run without a supervisor; new ones come up beside them/);
      await session.works();
      assert.notEqual(await pidOf(directory, 'forker'), forker);
      using other = new OpenSession(directory, port);
      await other.works();
      await session.end();
      await until('the end of the old forker', () => !isRunning(forker ?? 0));
      await other.works();
      await other.end();
      assert.doesNotMatch((await hatchery(directory, 'doctor')).stdout, /without a supervisor/);
      assert.equal((await hatchery(directory, 'stop')).code, 0);
    });
  });

  it('stays as it is when what start brings up fails', async () => {
    await withoutSupervisor(async (directory, session) => {
      const file = join(directory, 'own.toml');
      const good = readFileSync(file, 'utf8');
      writeFileSync(file, good.replace('[ssh]', `[ssh]\nuser_ca_keys = "${directory}/none"`));
      const failed = await hatchery(directory, 'start');
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, /none/);
      writeFileSync(file, good);
      await session.works();
      assert.equal((await hatchery(directory, 'restart')).code, 0);
      await session.works();
      await session.end();
      assert.equal((await hatchery(directory, 'stop')).code, 0);
    });
  });

  it('is waited for by stop, whose end is that of the session', async () => {
    await withoutSupervisor(async (directory, session) => {
      const argv = [main, 'stop', '--config', 'own.toml', '--state-dir', 'state'];
      const stopping = spawn(process.execPath, argv, {
        cwd: directory,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = once(stopping, 'exit');
      let said = '';
      stopping.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await until('the session to be waited for', () => said.includes('waiting for 1 session'));
      assert.match(said, /the supervisor is gone; .*forker \(pid \d+\).* stop without it\n/);
      await session.works();
      await session.end();
      assert.deepEqual(await within('the end of stop', ended), [0, null]);
      assert.match((await hatchery(directory, 'stop')).stderr, /nothing runs on/);
    });
  });

  it('is ended by stop --now, session and all', async () => {
    await withoutSupervisor(async (directory, session) => {
      const stopped = await hatchery(directory, 'stop', '--now');
      assert.deepEqual([stopped.code, stopped.stdout], [0, 'hatchery has stopped\n']);
      assert.notEqual(await session.cut(), 0);
    });
  });

  it('does not take a process for a part that has the pid of one that has ended', async () => {
    await withoutSupervisor(async (directory, session) => {
      assert.equal((await hatchery(directory, 'stop', '--now')).code, 0);
      await session.cut();
      const record = {
        format: 1,
        name: 'forker',
        pid: process.pid,
        startTime: 1,
        readySince: '',
        supervised: true,
        details: {},
      };
      writeFileSync(join(directory, 'state/parts/forker.json'), JSON.stringify(record));
      assert.match((await hatchery(directory, 'stop', '--now')).stderr, /nothing runs on/);
    });
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { loadConfig, sessionSettings, type SessionSettings } from '@hatchery/config';
import { isRunning, readProcess, temporaryDirectory, until } from '@hatchery/testkit';
import { ForkerUnavailableError, ForkRefusedError } from './errors.ts';
import { spawnChild, type SpawnedChild } from './spawn-child.ts';

interface Bench {
  readonly settings: SessionSettings;
  readonly reports: string[];
  start(command: readonly string[], environment?: Record<string, string>): Promise<SpawnedChild>;
}

async function withBench(story: (bench: Bench) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  const config = loadConfig({ directory: '/nowhere', stateDirectory: directory.path });
  mkdirSync(config.hosting.root);
  const settings = sessionSettings(config);
  const reports: string[] = [];
  using children = new DisposableStack();
  await story({
    settings,
    reports,
    start: async (command, environment = {}) =>
      children.use(
        await spawnChild({ settings, command, environment, report: (line) => reports.push(line) }),
      ),
  });
}

/** What a session says and how it ends when it is sent all of `input`. */
async function converse(
  child: SpawnedChild,
  input = '',
): Promise<{ stdout: string; stderr: string; status: number }> {
  const { stdin, stdout, stderr } = child.openPipes();
  stdin.on('error', () => undefined);
  stdin.end(input);
  const [said, complained] = await Promise.all([text(stdout), text(stderr)]);
  return { stdout: said, stderr: complained, status: await child.exited };
}

describe('a spawned session', () => {
  it('answers as a forked one, and tells its status and rusage', async () => {
    await withBench(async ({ start, reports }) => {
      const rocks = await start(['rocks']);
      assert.deepEqual(await converse(rocks), { stdout: 'It sure does!\n', stderr: '', status: 0 });
      assert.ok(((await rocks.rusage)?.maxRssBytes ?? 0) > 0);
      const served = await converse(await start(['lp-serve', '--inet', 'alice']), 'hello\n');
      assert.deepEqual([served.stdout, served.status], ['ok\x012\n', 0]);
      const whoami = await converse(await start(['whoami'], { BRZ_EMAIL: 'Jo <jo@example.org>' }));
      assert.equal(whoami.stdout, 'Jo <jo@example.org>\n');
      assert.deepEqual(reports, []);
    });
  });

  it('is confined as a forked one', async () => {
    await withBench(async ({ start, settings }) => {
      const child = await start(['launchpad-replay']);
      const { stdin, stdout } = child.openPipes();
      stdin.write('1 here\n');
      await new Promise((resolve) => stdout.once('data', resolve));
      const read = (name: string): string => readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
      assert.match(read('status'), /^NoNewPrivs:\t1$/m);
      assert.match(read('limits'), new RegExp(`^Max cpu time +${settings.limits.cpuS} `, 'm'));
      assert.equal(readlinkSync(`/proc/${child.pid}/cwd`), '/');
      assert.deepEqual(readdirSync(`/proc/${child.pid}/fd`), ['0', '1', '2', '3']);
      assert.equal(Number(read('stat').split(' ')[4]), child.pid);
      assert.equal((await converse(child)).status, 0);
    });
  });

  it('cannot leave the hosting root', async () => {
    await withBench(async ({ start }) => {
      const request = 'BzrDir.open_2.1\x01~alice/../../..\n';
      const { stdout } = await converse(await start(['lp-serve', '--inet', 'alice']), request);
      assert.equal(stdout, 'no\n');
    });
  });

  it('that fails tells its user why, and its exit code', async () => {
    await withBench(async ({ start, reports }) => {
      const { stderr, status } = await converse(await start(['no-such-command']));
      assert.deepEqual(
        [stderr, status],
        ['brz: ERROR: unknown command "no-such-command"\n', 3 << 8],
      );
      assert.deepEqual(reports, []);
    });
  });

  it('that fails by our fault reports it, and tells its user only that', async () => {
    await withBench(async ({ start, reports }) => {
      const { stderr, status } = await converse(await start(['assert-fail']));
      assert.match(
        stderr,
        /^brz: ERROR: internal error: AssertionError; the traceback is in the service's log\n$/,
      );
      assert.equal(status, 4 << 8);
      assert.match(reports.join(''), /Traceback [^]*AssertionError: always fails/);
    });
  });

  it('is ended by a signal, once', async () => {
    await withBench(async ({ start }) => {
      const child = await start(['launchpad-replay']);
      assert.equal(child.signal('SIGTERM'), true);
      assert.equal(await child.exited, 15);
      assert.equal(child.signal('SIGTERM'), false);
      assert.ok(!isRunning(child.pid));
    });
  });

  it('whose waiting process was killed has no status, and none is invented', async () => {
    await withBench(async ({ start }) => {
      const child = await start(['launchpad-replay']);
      process.kill(readProcess(child.pid)!.parentPid, 'SIGKILL');
      child.openPipes().stdin.end();
      await assert.rejects(child.exited, ForkerUnavailableError);
      assert.equal(await child.rusage, null);
      await until('the end of the session', () => !isRunning(child.pid));
    });
  });
});

describe('spawnChild', () => {
  it('refuses a variable that a fork service would refuse', async () => {
    await withBench(async ({ start }) => {
      await assert.rejects(start(['rocks'], { BRZ_PLUGIN_PATH: '/tmp' }), ForkRefusedError);
      await assert.rejects(start(['rocks'], { BRZ_EMAIL: 'a\nb' }), { name: 'UnencodableError' });
    });
  });

  it('says so when there is no Python', async () => {
    await withBench(async ({ settings }) => {
      const options = {
        settings: { ...settings, python: '/nowhere/python3' },
        command: ['rocks'],
        environment: {},
      };
      await assert.rejects(
        spawnChild({ ...options, report: () => undefined }),
        (error) => error instanceof ForkerUnavailableError && /ENOENT/.test(error.message),
      );
    });
  });
});

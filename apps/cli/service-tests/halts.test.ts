import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import {
  assertNothingLeft,
  isRunning,
  takeBaseline,
  temporaryDirectory,
  until,
  within,
} from '@hatchery/testkit';
import { configure, hatchery, pidOf } from '../test-support/hatchery.ts';

interface PartStatus {
  readonly name: string;
  readonly pid: number | null;
  readonly state: string;
  readonly lastError: string | null;
  readonly nextTryAt: string | null;
}

async function statusOf(directory: string, name: string): Promise<PartStatus> {
  const { stdout } = await hatchery(directory, 'status', '--json');
  const { parts } = JSON.parse(stdout) as { readonly parts: readonly PartStatus[] };
  return parts.find((part) => part.name === name) ?? assert.fail(`${name} is not in the status`);
}

/** What a part that serves says of itself. */
function detailsOf(directory: string, name: string): Record<string, unknown> {
  const record = readFileSync(join(directory, 'state/parts', `${name}.json`), 'utf8');
  return (JSON.parse(record) as { readonly details: Record<string, unknown> }).details;
}

/** A session of OpenSSH. */
function openSession(directory: string): ChildProcess {
  const { port } = detailsOf(directory, 'ssh-gateway')['ssh'] as { readonly port: number };
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
  return spawn(join(directory, 'state/demo/ssh'), words, { stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Asks the smart server over a session, and waits for its answer. */
async function works({ stdin, stdout }: ChildProcess): Promise<void> {
  let said = '';
  const hear = (chunk: Buffer): void => void (said += chunk.toString());
  stdout?.on('data', hear);
  stdin?.write('hello\n');
  await until('an answer', () => said === 'ok\x012\n');
  stdout?.off('data', hear);
}

async function quit(socket: string): Promise<string> {
  const client = connect({ path: socket });
  client.write('quit\n');
  return within('the answer to quit', text(client));
}

/** Runs `story` on a service that was started, and stops it. */
async function withService(story: (directory: string) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  const { path } = directory;
  const baseline = takeBaseline();
  configure(path);
  const started = await hatchery(path, 'start');
  assert.equal(started.code, 0, started.stderr);
  try {
    await story(path);
  } finally {
    assert.equal((await hatchery(path, 'stop', '--now')).code, 0);
  }
  await assertNothingLeft(path, baseline);
}

async function killed(directory: string, name: string): Promise<void> {
  const pid = await until(`a ${name}`, () => pidOf(directory, name));
  process.kill(pid, 'SIGKILL');
  await until('its end', () => !isRunning(pid));
}

describe('a part that does not serve', () => {
  it('is tried ever more slowly when it keeps failing, shown as failing, and takes no session along', async () => {
    await withService(async (directory) => {
      const session = openSession(directory);
      await works(session);
      for (let kills = 0; kills < 6; kills += 1) await killed(directory, 'dashboard');
      const failing = await until('the failure to be shown', async () => {
        const shown = await statusOf(directory, 'dashboard');
        return shown.state === 'failing' ? shown : null;
      });
      assert.match(
        failing.lastError ?? '',
        /^it failed 6 times in a row, .*: it ended with SIGKILL; next try at /,
      );
      assert.ok(Date.parse(failing.nextTryAt ?? '') > Date.now());
      assert.match(
        (await hatchery(directory, 'doctor')).stdout,
        /^TROUBLE {2}dashboard: it failed 6 times in a row/m,
      );
      await works(session);
      // Whoever has mended it need not wait.
      const resumed = await hatchery(directory, 'start');
      assert.deepEqual([resumed.code, resumed.stderr], [0, '']);
      assert.match(resumed.stdout, /^dashboard runs again \(pid \d+\)\n$/);
      assert.equal((await statusOf(directory, 'dashboard')).state, 'ready');
      await works(session);
      session.stdin?.end();
      assert.deepEqual(await within('the end of the session', once(session, 'exit')), [0, null]);
    });
  });

  it('stays stopped when the fork service was told to quit, which refuses sessions with the reason until start', async () => {
    await withService(async (directory) => {
      const gateway = await pidOf(directory, 'ssh-gateway');
      const first = await pidOf(directory, 'forker');
      assert.match(
        await quit(String(detailsOf(directory, 'forker')['forkerSocket'])),
        /^ok\nquit command requested/,
      );
      const by = `quit on the fork socket \\(uid ${process.getuid?.()}, pid ${process.pid}, [^)]+\\)`;
      const words = new RegExp(
        `^stopped at \\S+Z by ${by}; hatchery start --config \\S+ --state-dir \\S+ starts it again$`,
      );
      await until(
        'the stop to be shown',
        async () => (await statusOf(directory, 'forker')).state === 'stopped',
      );
      assert.match((await statusOf(directory, 'forker')).lastError ?? '', words);

      const refused = openSession(directory);
      const [said, [code]] = await Promise.all([
        text(refused.stderr ?? process.stdin),
        once(refused, 'exit'),
      ]);
      assert.equal(code, 1);
      assert.match(
        said,
        /^hatchery: no session is started: an operator stopped the fork service at \S+Z; try again/m,
      );
      const page = String(detailsOf(directory, 'dashboard')['url']);
      const readiness = await fetch(new URL('readyz', page));
      assert.equal(readiness.status, 503);
      assert.match(
        await readiness.text(),
        /the forker does not run: stopped at .*; hatchery start starts it again/,
      );
      assert.match(
        (await hatchery(directory, 'children')).stderr,
        /^hatchery: children: the fork service does not run: stopped/,
      );

      const resumed = await hatchery(directory, 'start', '--json');
      assert.equal(resumed.code, 0, resumed.stderr);
      const next = await pidOf(directory, 'forker');
      assert.deepEqual(JSON.parse(resumed.stdout), {
        event: 'resumed',
        parts: [{ name: 'forker', pid: next }],
      });
      assert.notEqual(next, first);
      assert.equal(
        await pidOf(directory, 'ssh-gateway'),
        gateway,
        'only the part that was stopped is started',
      );
      const session = openSession(directory);
      await works(session);
      session.kill();
    });
  });

  it('stays stopped after SIGTERM and SIGINT, and comes back after SIGKILL', async () => {
    await withService(async (directory) => {
      for (const [name, signal] of [
        ['dashboard', 'SIGTERM'],
        ['ssh-gateway', 'SIGINT'],
        ['forker', 'SIGTERM'],
      ] as const) {
        process.kill((await pidOf(directory, name)) ?? 0, signal);
        await until(
          `${name} to be stopped`,
          async () => (await statusOf(directory, name)).state === 'stopped',
        );
        assert.match(
          (await statusOf(directory, name)).lastError ?? '',
          new RegExp(`^stopped at \\S+Z by ${signal};`),
        );
      }
      const resumed = await hatchery(directory, 'start');
      assert.equal(resumed.code, 0, resumed.stderr);
      const forker = await pidOf(directory, 'forker');
      await killed(directory, 'forker');
      await until(
        'another forker',
        async () => ![null, forker].includes(await pidOf(directory, 'forker')),
      );
    });
  });
});

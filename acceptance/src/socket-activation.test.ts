import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { greeting, kill, unusedPort } from '../test-support/greeting.ts';
import { configText, hatcheryScript } from '../test-support/instance.ts';
import { assertNothingLeft } from '../test-support/nothing-left.ts';
import { assertDone } from '../test-support/outcome.ts';
import { run, until, type Outcome } from '../test-support/run.ts';
import type { Status } from '../test-support/status.ts';

// A part of systemd that needs no running systemd: it opens sockets and starts a program at the
// first connection.
const activator = '/usr/bin/systemd-socket-activate';
const skip = existsSync(activator) ? false : 'systemd is not installed';
const unit = readFileSync(
  fileURLToPath(new URL('../../deploy/hatchery.socket', import.meta.url)),
  'utf8',
);
const [, unitName = ''] = /^FileDescriptorName=(.*)$/m.exec(unit) ?? [];

let directory: string;
let config: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hatchery-acceptance-'));
  config = join(directory, 'hatchery.toml');
  writeFileSync(config, configText(directory, ''));
});

afterEach(async () => {
  await assertNothingLeft(directory);
  rmSync(directory, { recursive: true });
});

test(
  'with a port from systemd, a service serves the client that started it, keeps the port through deaths and restarts, and stops',
  { skip },
  async () => {
    const port = await unusedPort();
    const service = activate(port, unitName, 'up', '--json');
    // This request starts the service.
    await until(
      'the first client to be served',
      () => greeting(port).then(() => true, isNotYet),
      60_000,
    );
    for (let turn = 0; turn < 2; turn += 1) {
      await kill(await gatewayPid());
      await greeting(port);
      assertDone(await hatchery('restart'));
      await greeting(port);
    }
    const ended = once(service.process, 'exit');
    service.process.kill('SIGINT');
    assert.deepEqual(await ended, [0, null], service.said());
  },
);

test('a gateway alone serves on the socket that systemd passes', { skip }, async () => {
  assertDone(await hatchery('start'));
  assertDone(await hatchery('stop'));
  const port = await unusedPort();
  const service = activate(port, unitName, 'ssh-gateway');
  await until('the first client to be served', () => greeting(port).then(() => true, isNotYet));
  const ended = once(service.process, 'exit');
  service.process.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null], service.said());
});

test('doctor says that systemd holds a port, and reports no problem', { skip }, async () => {
  const port = await unusedPort();
  writeFileSync(
    config,
    configText(directory, '').replace('listen = "127.0.0.1:0"', `listen = "127.0.0.1:${port}"`),
  );
  const service = activate(port, unitName, 'up', '--json');
  const ended = once(service.process, 'exit');
  const found = await until('the port to be held', async () => {
    const { stdout } = await hatchery('doctor');
    return stdout.includes('systemd') ? stdout : null;
  });
  service.process.kill('SIGKILL');
  await ended;
  const held = `127\\.0\\.0\\.1:${port} \\(systemd-socket- \\(pid \\d+\\) listens for it, and starts what serves at the next client\\)`;
  assert.match(found, new RegExp(`^ok       \\[ssh\\] listen ${held}$`, 'm'));
});

test(
  'a socket without a known name is refused with the setting of the unit',
  { skip },
  async () => {
    const port = await unusedPort();
    const service = activate(port, 'hatchery.socket', 'up');
    const ended = once(service.process, 'exit');
    // The client is refused or reset once the service has refused the socket.
    await until('a client to start it', () => greeting(port).then(() => true, isNotYet)).catch(
      () => undefined,
    );
    assert.deepEqual(await ended, [1, null]);
    assert.match(
      service.said(),
      /^hatchery: up: it got a socket called 'hatchery\.socket' .*; set FileDescriptorName=/m,
    );
  },
);

test(
  'the delivered unit is valid for systemd',
  { skip: existsSync('/usr/bin/systemd-analyze') ? skip : 'no systemd-analyze' },
  () => {
    assert.equal(unitName, 'ssh');
    const verified = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', join(import.meta.dirname, '../../deploy/hatchery.socket')],
      {
        encoding: 'utf8',
      },
    );
    assert.doesNotMatch(verified.stderr, /hatchery\.socket:\d+: /);
  },
);

function activate(port: number, name: string, ...words: readonly string[]) {
  const argv = [
    '-l',
    `127.0.0.1:${port}`,
    `--fdname=${name}`,
    hatcheryScript,
    ...words,
    '--config',
    config,
  ];
  const process = spawn(activator, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [process.stdout, process.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { process, said: () => said };
}

/** The activator may not have opened its port yet. */
function isNotYet(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'ECONNREFUSED') return false;
  throw error;
}

function hatchery(...words: string[]): Promise<Outcome> {
  return run(hatcheryScript, [...words, '--config', config], { environment: { HOME: directory } });
}

async function gatewayPid(): Promise<number> {
  const { parts } = JSON.parse((await hatchery('status', '--json')).stdout) as Status;
  return parts.find(({ name }) => name === 'ssh-gateway')?.pid ?? assert.fail('no gateway');
}

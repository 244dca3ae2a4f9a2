import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  assertNothingLeft,
  ForkerProcess,
  isRunning,
  takeBaseline,
  temporaryDirectory,
  until,
  within,
  type Baseline,
  type TemporaryDirectory,
} from '@hatchery/testkit';
import {
  run,
  RunningClient,
  serveLine,
  sshArguments,
  type Destination,
} from '../testing/clients.ts';
import { ask } from '../testing/control.ts';
import { makeFirstUse } from '../testing/first-use.ts';
import { GatewayProcess } from '../testing/gateway-process.ts';

const config = '[ssh]\nlisten = "127.0.0.1:0"\nfallback = "spawn"\n[log]\nformat = "json"\n';

let directory: TemporaryDirectory;
let baseline: Baseline;
let gateway: GatewayProcess;
let alice: Destination;

/** A gateway whose fork service was there once, and is not any more. */
before(async () => {
  baseline = takeBaseline();
  directory = temporaryDirectory();
  const state = directory.path;
  const forker = await ForkerProcess.start(state, { config });
  await forker.stop();
  await forker[Symbol.asyncDispose]();
  const key = makeFirstUse(state, 'alice');
  gateway = new GatewayProcess(state);
  alice = { directory: state, port: await gateway.port(), user: 'alice', key };
});

after(async () => {
  try {
    assert.equal(await gateway.kill('SIGTERM'), 0);
    await assertNothingLeft(directory.path, baseline);
  } finally {
    directory[Symbol.dispose]();
  }
});

test('without a fork service a session is spawned, and its exit status arrives', async () => {
  const { code, stdout } = await run(
    '/usr/bin/ssh',
    [...sshArguments(alice), serveLine],
    'hello\n',
  );
  assert.deepEqual([code, stdout.toString('latin1')], [0, 'ok\x012\n']);
  assert.equal(gateway.lines('fork service unavailable; session spawned').length, 1);
  const { text } = await ask(
    { socketPath: join(directory.path, 'run', 'gateway.sock') },
    '/metrics',
  );
  assert.match(text, /^hatchery_ssh_sessions_spawned_total 1$/m);
  await until('the access line', () => gateway.lines('session closed').length === 1);
});

test('a client that is killed leaves no spawned session behind', async () => {
  const client = new RunningClient('/usr/bin/ssh', [...sshArguments(alice), serveLine]);
  const opened = (): { pid: number }[] => gateway.lines('session opened') as { pid: number }[];
  await until('the session', () => opened().length === 2);
  const pid = opened()[1]?.pid ?? 0;
  assert.ok(isRunning(pid));
  client.process.kill('SIGKILL');
  await until('the session to be gone', () => !isRunning(pid));
  await within('ssh to end', client.result);
});

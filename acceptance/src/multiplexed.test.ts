import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { Client, sshOptions } from './harness/client.ts';
import { Instance } from './harness/instance.ts';
import { openSession } from './harness/open-session.ts';
import { assertDone, assertRefused } from './harness/outcome.ts';
import { run, start, until, type Outcome, type Running } from './harness/run.ts';
import { oldPids, statusOf } from './harness/status.ts';

const trunk = '~demo/sample/trunk';

let instance: Instance;
let client: Client;
let master: Running;

beforeEach(async () => {
  instance = await Instance.start();
  // As a person with ControlMaster in ssh_config(5) has it: every brz is a channel of one connection, which stays.
  const path = join(instance.directory, 'ssh-multiplexed');
  const ssh = `exec ssh ${mux().join(' ')}`;
  writeFileSync(path, `#!/bin/sh\n[ "$1" = -V ] && { echo OpenSSH_9.2; exit 0; }\n${ssh} "$@"\n`);
  chmodSync(path, 0o755);
  client = new Client(instance, { ssh: path });
  const { host, port } = instance.ready.ssh;
  master = start('ssh', [...mux(), '-M', '-N', '-p', String(port), `demo@${host}`], { input: null });
  await until('the connection', async () => (await control('check')).code === 0);
});

afterEach(async () => {
  await control('exit');
  await master.outcome;
  await instance.stop();
});

test('every command on an old connection succeeds during and after two restarts, and a drain alone refuses one', async () => {
  const gateway = await instance.partPid('ssh-gateway');
  const long = await openSession(instance);
  const commands = new Commands();
  assertDone(await instance.hatchery('restart'));
  assertDone(await instance.hatchery('restart'));
  const during = commands.count;
  await until('commands after the restarts', () => commands.count >= Math.max(20, during + 5));
  await commands.end();

  // Both generations before this one are gone but for the first gateway, which has the connection.
  await until('the first gateway to be the only old one', async () => {
    const pids = oldPids(await statusOf(instance), 'ssh-gateway');
    return pids.length === 1 && pids[0] === gateway;
  });
  long.say('hello\n');
  await until('an answer', () => long.running.stdout() === 'ok\x012\n');
  long.end();
  assertDone(await long.running.outcome);
  const line = new RegExp(`^old ssh-gateway \\(pid ${gateway}\\) .*: 0 sessions on 1 connection, until `, 'm');
  await until('the connection alone to be waited for', async () =>
    line.test(assertDone(await instance.hatchery('status'))),
  );
  assertDone(await instance.hatchery('drain'));
  assertRefused(await client.try('revision-history', instance.url(trunk)), 3, /hatchery: the service is being drained/);
  await until('the old gateway to go with its idle connection', async () =>
    (await statusOf(instance)).oldParts.every(({ name }) => name !== 'ssh-gateway'),
  );
});

/** brz on the multiplexed connection, one after the other, each of which must succeed. */
class Commands {
  count = 0;
  #ended = false;
  readonly #running = this.#run();

  constructor() {
    this.#running.catch(() => undefined);
  }

  end(): Promise<void> {
    this.#ended = true;
    return this.#running;
  }

  async #run(): Promise<void> {
    for (; !this.#ended; this.count += 1) await client.brz('revision-history', instance.url(trunk));
  }
}

function control(verb: string): Promise<Outcome> {
  return run('ssh', [...mux(), '-O', verb, `demo@${instance.ready.ssh.host}`]);
}

function mux(): string[] {
  const key = `${instance.ready.stateDir}/demo/id_ed25519`;
  return [...sshOptions(instance, key), '-o', `ControlPath=${instance.directory}/mux`];
}

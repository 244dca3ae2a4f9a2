import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Client, sshOptions } from '../test-support/client.ts';
import type { Instance } from '../test-support/instance.ts';
import { openSession } from '../test-support/open-session.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { run, start, until, type Outcome, type Running } from '../test-support/run.ts';
import { oldPids, statusOf } from '../test-support/status.ts';
import { useInstanceForEach } from '../test-support/use-instance.ts';

const trunk = '~demo/sample/trunk';

let instance: Instance;
let client: Client;
let master: Running;

useInstanceForEach(async (started) => {
  ({ instance } = started);
  // As for a user with ControlMaster in ssh_config(5): every brz is a channel of one connection,
  // which stays open.
  const path = join(instance.directory, 'ssh-multiplexed');
  const ssh = `exec ssh ${mux().join(' ')}`;
  writeFileSync(path, `#!/bin/sh\n[ "$1" = -V ] && { echo OpenSSH_9.2; exit 0; }\n${ssh} "$@"\n`);
  chmodSync(path, 0o755);
  client = new Client(instance, { ssh: path });
  const { host, port } = instance.ready.ssh;
  master = start('ssh', [...mux(), '-M', '-N', '-p', String(port), `demo@${host}`], {
    input: null,
  });
  await until('the connection', async () => (await control('check')).code === 0);
  return async () => {
    await control('exit');
    await master.outcome;
  };
});

test('every command on an old connection succeeds during and after two restarts, and only a drain refuses one', async () => {
  const gateway = await instance.partPid('ssh-gateway');
  const long = await openSession(instance);
  const commands = new Commands();
  assertDone(await instance.hatchery('restart'));
  assertDone(await instance.hatchery('restart'));
  const during = commands.count;
  await until('commands after the restarts', () => commands.count >= Math.max(20, during + 5));
  await commands.end();

  // Both earlier generations are gone except the first gateway, which has the connection.
  await until('the first gateway to be the only old one', async () => {
    const pids = oldPids(await statusOf(instance), 'ssh-gateway');
    return pids.length === 1 && pids[0] === gateway;
  });
  long.say('hello\n');
  await until('an answer', () => long.running.stdout() === 'ok\x012\n');
  long.end();
  assertDone(await long.running.outcome);
  const line = new RegExp(
    `^old ssh-gateway \\(pid ${gateway}\\) .*: 0 sessions on 1 connection, until `,
    'm',
  );
  await until('the connection alone to be waited for', async () =>
    line.test(assertDone(await instance.hatchery('status'))),
  );
  assertDone(await instance.hatchery('drain'));
  assertRefused(
    await client.try('revision-history', instance.url(trunk)),
    3,
    /hatchery: the service is being drained/,
  );
  await until('the old gateway to go with its idle connection', async () =>
    (await statusOf(instance)).oldParts.every(({ name }) => name !== 'ssh-gateway'),
  );
});

test('user remove --end-sessions ends the user’s sessions on every gateway that a restart has left behind, and nobody else’s', async () => {
  const key = `${instance.ready.stateDir}/demo/id_ed25519.pub`;
  assertDone(await instance.hatchery('user', 'add', 'bo', '--key', key));
  const bystander = await openSession(instance, 'bo');
  const sessions = [await openSession(instance)];
  for (let generation = 2; generation <= 3; generation += 1) {
    assertDone(await instance.hatchery('restart'));
    sessions.push(await openSession(instance));
  }
  const gateways = oldPids(await statusOf(instance), 'ssh-gateway');
  assert.equal(
    gateways.length,
    2,
    'the first has the connection without a session, and a session; the second a session',
  );
  const told = assertDone(
    await instance.hatchery('user', 'remove', 'demo', '--end-sessions', '--reason', 'left us'),
  );
  // The first gateway has the connection of ControlMaster besides its session.
  assert.deepEqual(told.match(/\d connections? ended/g)?.toSorted(), [
    '1 connection ended',
    '1 connection ended',
    '2 connections ended',
  ]);
  for (const { running } of sessions)
    assertRefused(await running.outcome, 255, /hatchery: ended by an operator/);
  assertRefused(await master.outcome, 255, /hatchery: ended by an operator/);
  const refused = await client.try('revision-history', instance.url(trunk));
  assertRefused(refused, 3, /Permission denied \(publickey\)/);
  bystander.say('hello\n');
  await until('an answer to who was not meant', () => bystander.running.stdout() === 'ok\x012\n');
  bystander.end();
  assertDone(await bystander.running.outcome);
  const audit = assertDone(await instance.hatchery('audit', '--kind', 'action'));
  assert.match(audit, /user remove demo +- +left us \(done\)/);
  assert.equal(
    audit.match(/ disconnect demo +- +left us \(\d connections? ended\)/g)?.length,
    3,
    audit,
  );
});

/** Runs brz on the multiplexed connection again and again; each run must succeed. */
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

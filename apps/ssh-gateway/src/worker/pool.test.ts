import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { until, within } from '@hatchery/testkit';
import { serveLine } from '../../testing/clients.ts';
import { ask, controlOf, metricOf, stateOf } from '../../testing/control.ts';
import { Stand } from '../../testing/stand.ts';
import { echo, workerPids } from './pool.test-support.ts';

const intent = { actor: 'ops', reason: 'a test' };
const pool = {
  ssh: { workers: 2 },
  limits: { lingerMs: 50, childFinishMs: 50, childHangupMs: 50 },
} as const;

function sessions(stand: Stand, what: string, count: number): Promise<true> {
  return until(what, async () => {
    const running = (await stateOf(stand)).sessions.filter(({ state }) => state === 'running');
    return running.length === count;
  });
}

test('trap O: worker processes take turns; one that is killed takes its own connections along, and is replaced', async () => {
  await using stand = await Stand.open(pool);
  const clients = [stand.startSsh([serveLine]), stand.startSsh([serveLine])];
  await sessions(stand, 'two sessions', 2);
  const before = workerPids();
  assert.equal(before.length, 2);
  process.kill(before[0] ?? 0, 'SIGKILL');
  const lost = await within('one client to end', Promise.race(clients.map(({ result }) => result)));
  assert.equal(lost.code, 255);
  await until(
    'another process',
    () => workerPids().length === 2 && !workerPids().includes(before[0] ?? 0),
  );
  await sessions(stand, 'one session', 1);
  const [other] = clients.filter(({ process: client }) => client.exitCode === null);
  assert.ok(other !== undefined);
  await echo(other, 'still here');
  for (const words of ['one', 'two', 'three']) await echo(stand.startSsh([serveLine]), words);
  assert.equal(stand.log.named('worker process ended; its connections are lost').length, 1);
  await until('the child of the lost one to end', () => stand.forks.livingChildren === 0);
});

test('every worker process asks where users’ keys are configured to come from', async () => {
  await using stand = await Stand.open({
    ...pool,
    ssh: (directory) => {
      const program = join(directory, 'keys-of');
      const asked = `echo "$PPID" >>'${directory}/askers'`;
      writeFileSync(
        program,
        `#!/bin/sh\n${asked}\n[ "$1" = alice ] && cat '${directory}/alice.pub'\nexit 0\n`,
      );
      chmodSync(program, 0o755);
      const keyLookup = {
        url: null,
        tokenFile: null,
        teamsCommand: null,
        timeoutS: 20,
        cacheS: 0,
        outageS: 900,
      };
      return {
        ...pool.ssh,
        keyLookup: { ...keyLookup, source: 'command', command: [program, '%u'] },
      };
    },
  });
  for (const words of ['one', 'two']) await echo(stand.startSsh([serveLine]), words);
  const askers = readFileSync(join(stand.directory, 'askers'), 'utf8').trim().split('\n');
  assert.deepEqual([...new Set(askers.map(Number))].toSorted(), workerPids().toSorted());
  assert.match((await stand.ssh([serveLine], '', ['-l', 'bob'])).stderr, /Permission denied/);
});

test('limits hold for all worker processes together, and a killed one gives back what it had', async () => {
  const ssh = {
    ...pool.ssh,
    sessionsPerUserMax: 2,
    startupsMax: { start: 3, ratePercent: 100, full: 3 },
  };
  await using stand = await Stand.open({ ...pool, ssh });
  const clients = [stand.startSsh([serveLine]), stand.startSsh([serveLine])];
  await sessions(stand, 'two sessions, one in each', 2);
  for (let turn = 0; turn < 2; turn += 1) {
    const { code, stderr } = await stand.ssh([serveLine], '');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /hatchery: alice has 2 sessions running and may have 2; wait for one to end/,
    );
  }
  const silent = Array.from({ length: 3 }, () =>
    connect(stand.port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  );
  await until(
    'three that do not sign in',
    async () => (await metricOf(stand, 'hatchery_ssh_unauthenticated')) === 3,
  );
  assert.equal(
    await metricOf(stand, 'hatchery_ssh_unauthenticated_limit'),
    3,
    'not three for each',
  );
  for (let turn = 0; turn < 2; turn += 1)
    assert.match((await stand.ssh([serveLine], '')).stderr, /hatchery: Exceeded MaxStartups/);
  const [killed] = workerPids();
  process.kill(killed ?? 0, 'SIGKILL');
  await within('one client to end', Promise.race(clients.map(({ result }) => result)));
  await until(
    'its places to be free',
    async () => ((await metricOf(stand, 'hatchery_ssh_unauthenticated')) ?? 3) < 3,
  );
  await until(
    'another process',
    () => workerPids().length === 2 && !workerPids().includes(killed ?? 0),
  );
  for (const socket of silent) socket.destroy();
  await until(
    'nobody to be signing in',
    async () => (await metricOf(stand, 'hatchery_ssh_unauthenticated')) === 0,
  );
  assert.equal((await stand.ssh([serveLine], 'x')).code, 0);
  for (const { process: client } of clients) client.stdin?.end();
});

test('one source has one limit, whichever process its connections come to', async () => {
  await using stand = await Stand.open({ ...pool, ssh: { ...pool.ssh, startupsPerSourceMax: 1 } });
  const first = connect(stand.port, '127.0.0.1').resume();
  await until(
    'it to wait for sign-in',
    async () => (await metricOf(stand, 'hatchery_ssh_unauthenticated')) === 1,
  );
  for (let turn = 0; turn < 2; turn += 1)
    assert.match(
      (await stand.ssh([serveLine], '')).stderr,
      /hatchery: Exceeded PerSourceMaxStartups/,
    );
  first.destroy();
  await until(
    'its place to be free',
    async () => (await metricOf(stand, 'hatchery_ssh_unauthenticated')) === 0,
  );
  await echo(stand.startSsh([serveLine]), 'now');
});

test('a reload refuses nobody: new processes serve, the old ones finish what they have', async () => {
  await using stand = await Stand.open(pool);
  const client = stand.startSsh([serveLine]);
  await sessions(stand, 'the session', 1);
  const before = workerPids();
  let going = true;
  let served = 0;
  const stream = (async () => {
    while (going) {
      const { code, stderr } = await stand.ssh([serveLine], 'x');
      assert.equal(code, 0, stderr);
      served += 1;
    }
  })();
  const { status, text } = await ask(controlOf(stand), '/v1/reload', intent);
  assert.equal(status, 202, text);
  await until('the idle old one to have gone', () => workerPids().length === 3);
  const enough = served + 3;
  await until('more sessions', () => served >= enough);
  going = false;
  await within('the stream to end', stream);
  assert.equal(
    workerPids().filter((pid) => before.includes(pid)).length,
    1,
    'the one with the session',
  );
  await echo(client, 'still here');
  await until('the old ones to have gone', () => workerPids().length === 2);
  assert.equal(
    await metricOf(stand, 'hatchery_ssh_sessions_opened_total'),
    served + 1,
    'all processes are counted',
  );
});

test('a reload that cannot come up leaves the old processes as they are', async () => {
  await using stand = await Stand.open(pool);
  rmSync(join(stand.directory, 'host'));
  const { status, text } = await ask(controlOf(stand), '/v1/reload', intent);
  assert.equal(status, 409);
  assert.match(text, /the old ones stay: the host key .* cannot be read/);
  assert.equal((await ask(controlOf(stand), '/readyz')).status, 200);
  await until('the new ones to have gone', () => workerPids().length === 2);
});

test('all processes drain, and are there again after it', async () => {
  await using stand = await Stand.open(pool);
  const client = stand.startSsh([serveLine]);
  await sessions(stand, 'the session', 1);
  await ask(controlOf(stand), '/v1/drain', intent);
  assert.equal((await ask(controlOf(stand), '/readyz')).status, 503);
  await echo(client, 'still here');
  await ask(controlOf(stand), '/v1/undrain', intent);
  for (const words of ['one', 'two']) await echo(stand.startSsh([serveLine]), words);
});

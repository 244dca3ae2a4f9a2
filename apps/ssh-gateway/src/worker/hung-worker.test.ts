import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, within } from '@hatchery/testkit';
import { serveLine } from '../../testing/clients.ts';
import { ask, controlOf, metricOf, stateOf } from '../../testing/control.ts';
import { Stand } from '../../testing/stand.ts';
import { echo, workerPids } from './pool.test-support.ts';

const silent = 'worker process does not answer; it gets no new connections';
const killed = 'worker process killed: it does not answer';

/** Two processes that are looked at often; a hung one is killed after so many looks. */
const pool = (workerHungLooksMax: number) =>
  ({
    ssh: { workers: 2 },
    limits: {
      workerPollMs: 50,
      workerHungLooksMax,
      lingerMs: 50,
      childFinishMs: 50,
      childHangupMs: 50,
    },
  }) as const;

const workers = (stand: Stand): Promise<number | null> => metricOf(stand, 'hatchery_ssh_workers');

test('a worker process that hangs gets no new connections, and is replaced in the end', async () => {
  await using stand = await Stand.open(pool(200));
  const [hung = 0] = workerPids();
  process.kill(hung, 'SIGSTOP');
  await until('it to be noticed', () => stand.log.named(silent).length === 1);
  assert.equal(await workers(stand), 1);
  assert.equal((await ask(controlOf(stand), '/readyz')).status, 200, 'the other one serves');
  for (const words of ['one', 'two', 'three', 'four'])
    await echo(stand.startSsh([serveLine]), words);
  await until('another process', () => workerPids().length === 2 && !workerPids().includes(hung));
  assert.equal(stand.log.named(killed).length, 1);
  await until('it to serve', async () => (await workers(stand)) === 2);
  for (const words of ['five', 'six']) await echo(stand.startSsh([serveLine]), words);
});

test('of those who came before it was noticed, what it has not got goes to the other, and none hangs for ever', async () => {
  await using stand = await Stand.open(pool(40));
  process.kill(workerPids()[0] ?? 0, 'SIGSTOP');
  const clients = Array.from({ length: 8 }, () => stand.startSsh([serveLine]));
  for (const client of clients) client.process.stdin?.end('x');
  const results = await within('all to end', Promise.all(clients.map(({ result }) => result)));
  const served = results.filter(({ code }) => code === 0);
  // One is in the hung process.
  assert.ok(served.length >= 6, `${served.length} of 8 were served`);
  await until('another process', () => stand.log.named('worker process replaced').length === 1);
});

test('one that has sessions is given longer, and goes on with them when it answers again', async () => {
  await using stand = await Stand.open(pool(5));
  const client = stand.startSsh([serveLine]);
  await until('the session', async () =>
    (await stateOf(stand)).sessions.some(({ state }) => state === 'running'),
  );
  // Whichever has it: both stand still, so that neither is killed for the other's sake.
  const pids = workerPids();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await until('the idle one to be killed', () => stand.log.named(killed).length === 1);
  const [busy = 0] = workerPids().filter((pid) => pids.includes(pid));
  assert.equal((await stateOf(stand)).sessions.length, 1, 'what it last said of itself');
  process.kill(busy, 'SIGCONT');
  await until('it to answer', () => stand.log.named('worker process answers again').length === 1);
  await echo(client, 'still here');
  assert.equal(stand.log.named(killed).length, 1);
});

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import { serveLine } from '../../testing/clients.ts';
import { ask, controlOf, stateOf } from '../../testing/control.ts';
import { RecordingLog } from '../../testing/recording-log.ts';
import { Stand } from '../../testing/stand.ts';
import { createGateway } from '../gateway.ts';
import type { Drained } from './drained.ts';
import { followForker } from './follow-forker.ts';

const intent = { actor: 'ops', reason: 'a test' };

type Drain = Pick<Drained, 'drained'>;

/** Resolves when the gateway's drain has followed this often. */
const followed = (stand: Stand, times: number): Promise<unknown> =>
  until(
    'the gateway to follow',
    () => stand.log.named('drain of the fork service followed').length === times,
  );

test('a drain of the fork service, as from the page, closes the gateway too, and its end opens it again', async () => {
  await using stand = await Stand.open();
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  stand.forks.drained = { drained: true, orders: 1, reason: 'new disks' };
  await followed(stand, 1);
  assert.deepEqual(await ask(controlOf(stand), '/readyz'), { status: 503, text: 'draining\n' });
  const { stderr } = await stand.ssh([serveLine], '');
  assert.match(
    stderr,
    /the service is being drained and takes no new connection: new disks; try again in a minute/,
  );
  stand.forks.drained = { drained: false, orders: 2 };
  await followed(stand, 2);
  assert.equal((await ask(controlOf(stand), '/readyz')).status, 200);
  assert.equal((await stand.ssh([serveLine], 'back')).stdout.toString(), 'back');
  client.process.stdin?.end('still here');
  assert.equal((await within('ssh to end', client.result)).stdout.toString(), 'still here');
});

test('an undrain of the fork service takes back a drain that both were asked for', async () => {
  await using stand = await Stand.open();
  await ask(controlOf(stand), '/v1/drain', intent);
  stand.forks.drained = { drained: true, orders: 1 };
  await followed(stand, 1);
  stand.forks.drained = { drained: false, orders: 2 };
  await followed(stand, 2);
  assert.equal((await stateOf(stand)).state, 'open');
});

/**
 * Resolves when the gateway has asked the fork service once more, and then again, so that it has
 * taken the first answer.
 */
async function asked(stand: Stand): Promise<void> {
  const before = stand.forks.drainedAsked;
  await until('the gateway to ask', () => stand.forks.drainedAsked > before + 1);
}

/**
 * What the gateway is told to do while a fork service answers these in turn, and the last of them
 * ever after; null is no answer.
 */
async function acts(
  answers: readonly (readonly [drained: boolean, orders: number] | null | string)[],
): Promise<string[]> {
  using directory = temporaryDirectory();
  const socket = join(directory.path, 'control.sock');
  const told: string[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? null;
    if (answer === null) request.destroy();
    else
      response.end(
        typeof answer === 'string'
          ? answer
          : JSON.stringify({ drained: answer[0], orders: answer[1] }),
      );
  }).listen(socket);
  const gate = {
    outage: null,
    follow: async ({ drained }: Drain) => (told.push(drained ? 'drain' : 'undrain'), 'done'),
  };
  const { logger } = new RecordingLog();
  using _following = followForker(socket, gate, logger, null, () => null, 1);
  await until('all answers to be taken', () => asked > answers.length + 1);
  server.closeAllConnections();
  server.close();
  return told;
}

test('only a change of the fork service’s word counts, and none of it while it is away or talks nonsense', async () => {
  const nonsense = ['no JSON', '{}', '{"drained":"yes","orders":1}', '{"drained":true}', 'null'];
  assert.deepEqual(await acts([[false, 0]]), []);
  assert.deepEqual(await acts([null, ...nonsense, null]), []);
  assert.deepEqual(await acts([[true, 1], null, 'no JSON', [true, 1]]), ['drain']);
  assert.deepEqual(await acts([null, [true, 1], null, [false, 2], [true, 3]]), [
    'drain',
    'undrain',
    'drain',
  ]);
});

test('a drain that is taken back between two looks is taken back here too; a new process of the fork service is no news', async () => {
  assert.deepEqual(
    await acts([
      [false, 0],
      [false, 2],
    ]),
    ['undrain'],
  );
  assert.deepEqual(
    await acts([
      [true, 1],
      [true, 0],
    ]),
    ['drain'],
  );
  assert.deepEqual(
    await acts([
      [false, 2],
      [false, 0],
    ]),
    ['undrain'],
  );
});

test('the deadline is the fork service’s to the millisecond, and moves with it', async () => {
  await using stand = await Stand.open();
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  const deadlines = ['2100-01-01T00:00:00.123Z', '2100-01-01T00:00:00.456Z'];
  for (const [index, deadline] of deadlines.entries()) {
    stand.forks.drained = { drained: true, orders: 1, deadline };
    await followed(stand, index + 1);
    const { drainDeadline, sessions } = await stateOf(stand);
    assert.deepEqual(
      [drainDeadline, sessions.length],
      [deadline, 1],
      'far as it is, it has not passed',
    );
  }
  // Another process of the fork service, of a version that does not say, changes nothing.
  stand.forks.drained = { drained: true, orders: 0 };
  await asked(stand);
  assert.equal((await stateOf(stand)).drainDeadline, deadlines[1]);
  stand.forks.drained = { drained: true, orders: 0, deadline: '2000-01-01T00:00:00.000Z' };
  assert.match((await within('ssh to end', client.result)).stderr, /drain deadline passed/);
});

test('a gateway that starts under a drain lets nobody in before it has heard of it', async () => {
  await using stand = await Stand.open();
  stand.forks.drained = { drained: true, orders: 0, deadline: '2100-01-01T00:00:00.000Z' };
  const { logger } = new RecordingLog();
  const context = { config: stand.config, log: logger, options: { overlap: 'yes' } };
  const next = await createGateway(context, { nativeCryptoLoaded: () => true });
  try {
    const { state, drainDeadline } = await stateOf(stand);
    assert.deepEqual([state, drainDeadline], ['draining', '2100-01-01T00:00:00.000Z']);
  } finally {
    next.stop(true);
    await within('the next one to stop', next.finished);
  }
});

test('a gateway behind its successor follows a drain, and goes on to the end of its sessions when that is taken back', async () => {
  await using stand = await Stand.open({ childrenTimeoutS: 1 });
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  const context = {
    config: stand.config,
    log: new RecordingLog().logger,
    options: { overlap: 'yes' },
  };
  const next = await createGateway(context, { nativeCryptoLoaded: () => true });
  try {
    stand.gateway.stop(false);
    stand.forks.drained = { drained: true, orders: 1, deadline: '2100-01-01T00:00:00.000Z' };
    await followed(stand, 1);
    stand.forks.drained = { drained: false, orders: 2, deadline: null };
    await followed(stand, 2);
    const [retired] = stand.log.named(
      'a successor serves; connections go on until clients close them',
    );
    assert.ok(Number(retired?.fields['deadlineMs']) > 6 * 24 * 3_600_000, 'it has its week');
    assert.equal(stand.log.named('drain is over').length, 1);
    assert.equal(stand.log.named('drain of the fork service not followed').length, 0);
    stand.forks.drained = { drained: true, orders: 3, deadline: '2000-01-01T00:00:00.000Z' };
    assert.match((await within('ssh to end', client.result)).stderr, /drain deadline passed/);
    await within('the old one to end', stand.gateway.finished);
  } finally {
    next.stop(true);
    await within('the next one to stop', next.finished);
  }
});

test('a gateway that cannot follow says so, and goes on asking', async () => {
  using directory = temporaryDirectory();
  const socket = join(directory.path, 'control.sock');
  let answer = { drained: true, orders: 1 };
  const server = createServer((_request, response) => response.end(JSON.stringify(answer))).listen(
    socket,
  );
  const told: string[] = [];
  const gate = {
    outage: null,
    follow: async ({ drained }: Drain) => {
      told.push(drained ? 'drain' : 'undrain');
      throw new Error('it is stopping');
    },
  };
  const log = new RecordingLog();
  using _following = followForker(socket, gate, log.logger, null, () => null, 1);
  await until('the first word', () => told.length === 1);
  answer = { drained: false, orders: 2 };
  await until('the second word', () => told.length === 2);
  assert.deepEqual(told, ['drain', 'undrain']);
  await until(
    'both to be told',
    () => log.named('drain of the fork service not followed').length === 2,
  );
  server.closeAllConnections();
  server.close();
});

test('a gateway whose fork service can start no session, or hangs, is not ready; one whose fork service is away is', async () => {
  await using stand = await Stand.open();
  const ready = async (): Promise<string> => (await ask(controlOf(stand), '/readyz')).text;
  stand.forks.drained = { drained: false, orders: 0, outage: 'the keeper gives no answer' };
  await until('the outage', async () => (await ready()) === 'the keeper gives no answer\n');
  assert.equal((await ask(controlOf(stand), '/readyz')).status, 503);
  stand.forks.drained = { drained: false, orders: 0, outage: null };
  await until('its end', async () => (await ready()) === 'ready\n');
  stand.forks.drained = null;
  await until('the silence', async () => (await ready()) === 'the fork service gives no answer\n');
  stand.forks.drained = { drained: false, orders: 0, outage: null };
  await until('a word', async () => (await ready()) === 'ready\n');
});

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import { serveLine } from '../../testing/clients.ts';
import { ask, controlOf, stateOf } from '../../testing/control.ts';
import { RecordingLog } from '../../testing/recording-log.ts';
import { Stand } from '../../testing/stand.ts';
import { followForker } from './follow-forker.ts';

const intent = { actor: 'ops', reason: 'a test' };

/** Resolves when the gateway's drain has followed this often. */
const followed = (stand: Stand, times: number): Promise<unknown> =>
  until('the gateway to follow', () => stand.log.named('drain of the fork service followed').length === times);

test('a drain of the fork service, as from the page, closes the gateway too, and its end opens it again', async () => {
  await using stand = await Stand.open();
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  stand.forks.drained = { drained: true, orders: 1 };
  await followed(stand, 1);
  assert.deepEqual(await ask(controlOf(stand), '/readyz'), { status: 503, text: 'draining\n' });
  assert.match((await stand.ssh([serveLine], '')).stderr, /the service is being drained/);
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

/** What the gateway is told to do while a fork service answers these in turn, and the last of them ever after; null is no answer. */
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
    else response.end(typeof answer === 'string' ? answer : JSON.stringify({ drained: answer[0], orders: answer[1] }));
  }).listen(socket);
  const gate = { act: async (verb: string) => (told.push(verb), 'done') };
  const { logger } = new RecordingLog();
  using _following = followForker(socket, gate, logger, 1);
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
  assert.deepEqual(await acts([null, [true, 1], null, [false, 2], [true, 3]]), ['drain', 'undrain', 'drain']);
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

test('a gateway that cannot follow says so, and goes on asking', async () => {
  using directory = temporaryDirectory();
  const socket = join(directory.path, 'control.sock');
  let answer = { drained: true, orders: 1 };
  const server = createServer((_request, response) => response.end(JSON.stringify(answer))).listen(socket);
  const told: string[] = [];
  const gate = {
    act: async (verb: string) => {
      told.push(verb);
      throw new Error('it is stopping');
    },
  };
  const log = new RecordingLog();
  using _following = followForker(socket, gate, log.logger, 1);
  await until('the first word', () => told.length === 1);
  answer = { drained: false, orders: 2 };
  await until('the second word', () => told.length === 2);
  assert.deepEqual(told, ['drain', 'undrain']);
  await until('both to be told', () => log.named('drain of the fork service not followed').length === 2);
  server.closeAllConnections();
  server.close();
});

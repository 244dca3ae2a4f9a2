import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFakeForker } from '../../test-support/fake-forker.ts';
import { temporaryDirectory } from '../../test-support/running-dashboard.ts';
import { askService } from './service-action.ts';
import { drain, signalChild, type Verb } from './verbs.ts';

async function stage() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(temporaryDirectory());
  const controlSocket = join(path, 'forker.sock');
  const gatewayControlSocket = join(path, 'gateway.sock');
  const forker = stack.use(await startFakeForker(controlSocket));
  const gateway = stack.use(await startFakeForker(gatewayControlSocket));
  const held = stack.move();
  return {
    forker,
    gateway,
    ask: (verb: Verb) => askService({ controlSocket, gatewayControlSocket }, verb),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const undrain = drain('undrain', { reason: 'new kernel runs' }, 'bo') as Verb;

test('what concerns the whole service has reached the gateway before it is answered', async () => {
  await using running = await stage();
  const answer = await running.ask(undrain);
  assert.deepEqual(answer, { status: 202, body: { actionId: 'a1', outcome: 'done' } });
  const asked = [{ path: '/v1/undrain', body: { actor: 'bo', reason: 'new kernel runs' } }];
  assert.deepEqual([running.forker.asked, running.gateway.asked], [asked, asked]);
});

test('what concerns one child is no matter of the gateway', async () => {
  await using running = await stage();
  const fields = { signal: 'TERM', reason: 'runaway', pid: 7, startTime: 8 };
  assert.equal((await running.ask(signalChild('c1', fields, 'bo') as Verb)).status, 404);
  assert.deepEqual(running.gateway.asked, []);
});

test('the gateway is not told what the forker has refused', async () => {
  await using running = await stage();
  running.forker.mute = true;
  assert.equal((await running.ask(undrain)).status, 504);
  assert.deepEqual(running.gateway.asked, []);
});

test('a gateway that is away is no news', async () => {
  await using running = await stage();
  await running.gateway[Symbol.asyncDispose]();
  assert.deepEqual(await running.ask(undrain), {
    status: 202,
    body: { actionId: 'a1', outcome: 'done' },
  });
});

test('a gateway that does not answer is told to the person', async () => {
  await using running = await stage();
  running.gateway.mute = true;
  const { status, body } = await running.ask(undrain);
  assert.equal(status, 202);
  assert.match(String(body['notice']), /^The ssh gateway did not do it \(socket hang up\)/);
});

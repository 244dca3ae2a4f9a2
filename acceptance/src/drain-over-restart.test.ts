import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test from 'node:test';
import type { Client } from '../test-support/client.ts';
import { configText, type Instance } from '../test-support/instance.ts';
import { openSession } from '../test-support/open-session.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';
import { gatewayDrain, restart, statusOf } from '../test-support/status.ts';
import { useInstanceForEach } from '../test-support/use-instance.ts';

const trunk = '~demo/sample/trunk';
const drained =
  /hatchery: the service is being drained and takes no new connection: a new disk; try again in a minute/;

let instance: Instance;
let client: Client;

useInstanceForEach((started) => {
  ({ instance, client } = started);
});

test('a drain holds over a restart and over the death of each part, with its deadline; undrain ends it everywhere', async () => {
  keepPort();
  const session = await openSession(instance);
  assertDone(await instance.hatchery('drain', '--deadline', '3600', '--reason', 'a new disk'));
  const { drainDeadline } = await statusOf(instance);
  assert.ok(drainDeadline !== null);
  await restart(instance);
  const { oldParts, ...after } = await statusOf(instance);
  assert.deepEqual([after.draining, after.drainDeadline], [true, drainDeadline]);
  assert.deepEqual(await gatewayDrain(instance), ['draining', drainDeadline]);
  assert.equal(oldParts.find(({ name }) => name === 'ssh-gateway')?.drainDeadline, drainDeadline);
  assertRefused(await client.try('info', instance.url(trunk)), 3, drained);
  for (const name of ['forker', 'ssh-gateway']) {
    await replaceKilled(name);
    assert.deepEqual(
      await gatewayDrain(instance),
      ['draining', drainDeadline],
      `after the death of the ${name}`,
    );
    const { draining, drainDeadline: now } = await statusOf(instance);
    assert.deepEqual([draining, now], [true, drainDeadline], `after the death of the ${name}`);
    assertRefused(await client.try('info', instance.url(trunk)), 3, drained);
  }
  assertDone(await instance.hatchery('undrain'));
  await client.brz('info', instance.url(trunk));
  await until('the old gateway to hear of it', async () => {
    const deadline =
      (await statusOf(instance)).oldParts.find(({ name }) => name === 'ssh-gateway')
        ?.drainDeadline ?? '';
    return Date.parse(deadline) > Date.parse(drainDeadline) + 1000 * 3600;
  });
  await restart(instance);
  assert.deepEqual(
    [(await statusOf(instance)).draining, await gatewayDrain(instance)],
    [false, ['open', null]],
  );
  session.say('hello\n');
  await until('an answer', () => session.running.stdout() === 'ok\x012\n');
  session.end();
  assertDone(await session.running.outcome);
});

test('the deadline of a drain from before a restart also applies to the old sessions', async () => {
  const session = await openSession(instance);
  assertDone(await instance.hatchery('drain', '--deadline', '8', '--reason', 'a new disk'));
  await restart(instance);
  assertRefused(
    await session.running.outcome,
    255,
    /the service is restarting \(drain deadline passed\)/,
  );
  assertRefused(await client.try('info', instance.url(trunk)), 3, drained);
});

test('a drain after a restart reaches the old sessions as well', async () => {
  const session = await openSession(instance);
  await restart(instance);
  assert.match(
    assertDone(await instance.hatchery('drain', '--deadline', '0')),
    /^1 session may finish until /m,
  );
  assertRefused(
    await session.running.outcome,
    255,
    /the service is restarting \(drain deadline passed\)/,
  );
});

/**
 * With a port chosen by the system, the gateway that replaces a killed one would get another port.
 */
function keepPort(): void {
  const { host, port } = instance.ready.ssh;
  writeFileSync(
    instance.config,
    configText(instance.directory, '').replace('"127.0.0.1:0"', `"${host}:${port}"`),
  );
}

async function replaceKilled(name: string): Promise<void> {
  const old = await instance.partPid(name);
  process.kill(old, 'SIGKILL');
  await until(`another ${name}`, async () => {
    const part = (await statusOf(instance)).parts.find((one) => one.name === name);
    return part !== undefined && part.pid !== old && ['ready', 'draining'].includes(part.state);
  });
}

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Child } from '@hatchery/events';
import { Client } from './harness/client.ts';
import { makeHistory } from './harness/history.ts';
import { Instance } from './harness/instance.ts';
import { assertDone } from './harness/outcome.ts';
import { until } from './harness/run.ts';

let instance: Instance;
let client: Client;
let history: string;

before(async () => {
  instance = await Instance.start();
  client = new Client(instance);
  history = await makeHistory(client, 'history', { revisions: 620, files: 210 }, 13);
});

after(async () => {
  await instance.stop();
});

test('a client killed in the middle of a push leaves no child, and the next push succeeds or names the lock', async () => {
  const target = instance.url('~demo/project/trunk');
  await client.brz('push', '-q', '-r', '10', '-d', history, target);
  const pushing = client.start('push', '-q', '-d', history, target);
  const locks = join(instance.hostingRoot, '~demo/project/trunk/.bzr');
  const held = (): boolean => ['branch', 'repository'].some((part) => existsSync(join(locks, part, 'lock', 'held')));
  await until('the push to hold a lock', held);
  pushing.kill('SIGKILL');
  assert.equal((await pushing.outcome).signal, 'SIGKILL');
  await until('the end of the child', async () => (await children()).length === 0, 40_000);

  const next = await client.try('push', '-d', history, target);
  if (next.code !== 0) {
    assert.match(next.stderr, /Unable to obtain lock .*held by/);
    assert.equal(held(), true, 'the lock that was named does not stand');
    assertDone(await client.try('break-lock', '--force', target));
    await client.brz('push', '-q', '-d', history, target);
  }
  assert.equal((await client.brz('revno', target)).trim(), '620');
  await client.brz('branch', '-q', target, 'after');
  assertDone(await client.try('check', 'after'));
});

test('a client killed in the middle of a branch leaves no child', async () => {
  await client.brz('push', '-q', '-d', history, instance.url('~demo/project/other'));
  const branching = client.start('branch', '-q', instance.url('~demo/project/other'), 'cut');
  await until('the session', async () => (await children()).length === 1);
  branching.kill('SIGKILL');
  await branching.outcome;
  await until('the end of the child', async () => (await children()).length === 0, 40_000);
});

async function children(): Promise<Child[]> {
  return JSON.parse(assertDone(await instance.hatchery('children', '--json'))) as Child[];
}

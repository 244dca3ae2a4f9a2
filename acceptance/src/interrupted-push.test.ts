import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Client } from '../test-support/client.ts';
import { makeHistory } from '../test-support/history.ts';
import type { Instance } from '../test-support/instance.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';
import { useInstance } from '../test-support/use-instance.ts';

let instance: Instance;
let client: Client;
let history: string;

useInstance(async (started) => {
  ({ instance, client } = started);
  history = await makeHistory(client, 'history', { revisions: 620, files: 210 }, 13);
});

test('a client killed in the middle of a push leaves no child, and the next push succeeds or names the lock', async () => {
  const target = instance.url('~demo/project/trunk');
  await client.brz('push', '-q', '-r', '10', '-d', history, target);
  const pushing = client.start('push', '-q', '-d', history, target);
  const held = (): boolean => isLocked('~demo/project/trunk');
  await until('the push to hold a lock', held);
  pushing.kill('SIGKILL');
  assert.equal((await pushing.outcome).signal, 'SIGKILL');
  await until('the end of the child', async () => (await instance.children()).length === 0, 40_000);

  const next = await client.try('push', '-d', history, target);
  if (next.code !== 0) {
    assert.match(next.stderr, /Unable to obtain lock .*held by demo/);
    assert.equal(held(), true, 'the lock that was named does not stand');
    assertDone(await client.try('break-lock', '--force', target));
    await client.brz('push', '-q', '-d', history, target);
  }
  assert.equal((await client.brz('revno', target)).trim(), '620');
  await client.brz('branch', '-q', target, 'after');
  assertDone(await client.try('check', 'after'));
});

test('a push onto one that is still running names the lock and its holder, and harms nothing', async () => {
  const target = instance.url('~demo/project/busy');
  await client.brz('push', '-q', '-r', '10', '-d', history, target);
  const first = client.start('push', '-q', '-d', history, target);
  await until('the push to hold a lock', () => isLocked('~demo/project/busy'));
  first.kill('SIGSTOP');
  try {
    const [holder] = await instance.children();
    const second = await client.try('push', '-d', history, target);
    assertRefused(second, 3, /Could not acquire lock/);
    assert.match(second.stderr, new RegExp(`held by demo on \\S+ \\(process #${holder?.pid}\\)`));
    assert.equal(isLocked('~demo/project/busy'), true);
  } finally {
    first.kill('SIGCONT');
  }
  assertDone(await first.outcome);
  assert.equal(isLocked('~demo/project/busy'), false);
  assert.equal((await client.brz('revno', target)).trim(), '620');
});

test('a client killed in the middle of a branch leaves no child', async () => {
  await client.brz('push', '-q', '-d', history, instance.url('~demo/project/other'));
  const branching = client.start('branch', '-q', instance.url('~demo/project/other'), 'cut');
  await until('the session', async () => (await instance.children()).length === 1);
  branching.kill('SIGKILL');
  await branching.outcome;
  await until('the end of the child', async () => (await instance.children()).length === 0, 40_000);
});

/** Whether the branch at this path, or its repository, is locked on the server's disk. */
function isLocked(path: string): boolean {
  const control = join(instance.hostingRoot, path, '.bzr');
  return ['branch', 'repository'].some((part) => existsSync(join(control, part, 'lock', 'held')));
}

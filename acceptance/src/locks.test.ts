import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Lock } from '@hatchery/events';
import { runSession } from '@hatchery/testkit';
import { Client } from './harness/client.ts';
import { makeHistory } from './harness/history.ts';
import { Instance } from './harness/instance.ts';
import { assertDone, assertRefused } from './harness/outcome.ts';
import { start, until, type Running } from './harness/run.ts';

const graceS = 2;

let instance: Instance;
let client: Client;
/** The same user to the service, and another one to Breezy, which takes nobody else's lock for its own. */
let other: Client;
let history: string;

before(async () => {
  instance = await Instance.start(`[locks]\norphan_grace_s = ${graceS}\n`);
  client = new Client(instance);
  other = new Client(instance, { email: 'Other <other@example.invalid>' });
  history = await makeHistory(client, 'history', { revisions: 620, files: 210 }, 17);
});

after(async () => {
  await instance.stop();
});

/** A push to a branch of this name that is stopped while it holds the branch's lock. */
async function freezePush(name: string): Promise<{ readonly push: Running; readonly lock: Lock }> {
  await client.brz('push', '-q', '-r', '10', '-d', history, url(name));
  for (;;) {
    const push = client.start('push', '-q', '-d', history, url(name));
    await until('the push to hold the lock', () => isLocked(name));
    push.kill('SIGSTOP');
    // What was on its way is done by the session all the same; most often that is not the whole push.
    const lock = await settledLock(name);
    if (lock !== null) return { push, lock };
    push.kill('SIGCONT');
    assertDone(await push.outcome);
    await client.brz('push', '-q', '--overwrite', '-r', '10', '-d', history, url(name));
  }
}

/** The lock once its session waits for its client and nothing changes any more; null when there is none by then. */
async function settledLock(name: string): Promise<Lock | null> {
  let before = '';
  return until('a lock that stays', async () => {
    const lock = await lockOf(name);
    const now = JSON.stringify(lock ?? null);
    if (now === before && lock !== undefined) return { lock };
    if (!isLocked(name) && lock === undefined) return { lock: null };
    before = now;
    return null;
  }).then(({ lock }) => lock);
}

const url = (name: string): string => instance.url(`~demo/project/${name}`);
const onDisk = (name: string): string => join(instance.hostingRoot, '~demo/project', name);
const isLocked = (name: string): boolean => existsSync(join(onDisk(name), '.bzr/branch/lock/held'));

async function locks(): Promise<Lock[]> {
  return JSON.parse(assertDone(await instance.hatchery('locks', '--json'))) as Lock[];
}

async function lockOf(name: string): Promise<Lock | undefined> {
  return (await locks()).find((lock) => lock.kind === 'branch' && lock.name === `~demo/project/${name}`);
}

test('two clients push to one branch: the second is told who is in front, and so is whoever asks', async () => {
  const { push, lock } = await freezePush('two');
  const second = await other.try('push', '-d', history, url('two'));
  console.error('SECOND', second);
  console.error(assertDone(await instance.hatchery('locks')));
  console.error(lock);
  push.kill('SIGCONT');
  assertDone(await push.outcome);
  assert.equal(await lockOf('two'), undefined);
});

test('a session that is killed while it holds a lock leaves it for a moment, and the next push succeeds', async () => {
  const { push, lock } = await freezePush('killed');
  process.kill(lock.holder?.pid ?? 0, 'SIGKILL');
  push.kill('SIGKILL');
  await until('orphan', async () => (await lockOf('killed'))?.condition === 'orphaned');
  console.error(assertDone(await instance.hatchery('locks')));
  await until('the lock to be free', () => !isLocked('killed'));
  assertDone(await other.try('push', '-q', '-d', history, url('killed')));
});

test('a holder that is stopped, with three that wait', async () => {
  const { push, lock } = await freezePush('stopped');
  process.kill(lock.holder?.pid ?? 0, 'SIGSTOP');
  const waiters = ['t1', 't2', 't3'].map((tag) => runSession(instance.ready.forkerSocket, `fork tag -q -d ${onDisk('stopped')} ${tag}\n`));
  await until('three waiters', async () => (await lockOf('stopped'))?.waiters.length === 3);
  await until('remark', async () => (await lockOf('stopped'))?.reasons?.some((one) => one.includes('stopped')));
  console.error(assertDone(await instance.hatchery('locks')));
  console.error(JSON.stringify(await lockOf('stopped'), null, 1));
  console.error(await instance.hatchery('break-lock', lock.id, '--reason', 'it hangs'));
  for (const waiter of waiters) assert.equal((await waiter).status, 0);
  push.kill('SIGCONT');
  console.error('PUSH', await push.outcome);
});

test('a lock taken outside', async () => {
  await client.brz('push', '-q', '-r', '10', '-d', history, url('outside'));
  const editor = client.path('editor');
  writeFileSync(editor, `#!/bin/sh\ntouch '${editor}.open'; while :; do sleep 0.1; done\n`);
  chmodSync(editor, 0o755);
  await client.brz('checkout', '-q', onDisk('outside'), 'outside');
  const commit = start('/usr/bin/brz', ['commit', '--unchanged', client.path('outside')], { environment: { ...other.environment, BRZ_EDITOR: editor } });
  await until('the editor', () => existsSync(`${editor}.open`));
  console.error('LOCKED', isLocked('outside'));
  const refused = await client.try('push', '-d', history, url('outside'));
  console.error(refused);
  console.error(assertDone(await instance.hatchery('locks')));
  commit.kill('SIGKILL');
  await commit.outcome;
  await until('stale', async () => (await lockOf('outside'))?.condition === 'stale');
  console.error(assertDone(await instance.hatchery('locks')));
  console.error(await instance.hatchery('break-lock', (await lockOf('outside'))?.id ?? '', '--reason', 'dead'));
  assertDone(await client.try('push', '-q', '-d', history, url('outside')));
});

test('a broken lock whose old holder goes on', async () => {
  const { push, lock } = await freezePush('broken');
  console.error(await instance.hatchery('break-lock', lock.id, '--force', '--reason', 'dead'));
  assertDone(await other.try('push', '-q', '-r', '20', '-d', history, url('broken')));
  push.kill('SIGCONT');
  console.error('OLD', await push.outcome);
  console.error(await locks());
  console.error((await client.brz('revno', url('broken'))).trim());
  await client.brz('branch', '-q', url('broken'), 'broken-after');
  assertDone(await client.try('check', 'broken-after'));
});
void assertRefused;

import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Lock } from '@hatchery/events';
import { runSession } from '@hatchery/testkit';
import { Client } from '../test-support/client.ts';
import { makeHistory } from '../test-support/history.ts';
import type { Instance } from '../test-support/instance.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { start, until, type Running } from '../test-support/run.ts';
import { useInstance } from '../test-support/use-instance.ts';

let instance: Instance;
let client: Client;
/**
 * The same user to the service, and a different one to Breezy, which never takes another user's
 * lock for its own.
 */
let other: Client;
let history: string;

useInstance(async (started) => {
  ({ instance, client } = started);
  other = new Client(instance, { email: 'Other <other@example.invalid>' });
  history = await makeHistory(client, 'history', { revisions: 620, files: 210 }, 17);
}, '[locks]\norphan_grace_s = 2\n');

const url = (name: string): string => instance.url(`~demo/project/${name}`);
const onDisk = (name: string): string => join(instance.hostingRoot, '~demo/project', name);
const isLocked = (name: string): boolean => existsSync(join(onDisk(name), '.bzr/branch/lock/held'));

async function lockOf(name: string): Promise<Lock | undefined> {
  const locks = JSON.parse(assertDone(await instance.hatchery('locks', '--json'))) as Lock[];
  return locks.find((lock) => lock.kind === 'branch' && lock.name === `~demo/project/${name}`);
}

/** Waits until `locks --json` shows the lock of that branch as `wanted` requires. */
function seen(name: string, what: string, wanted: (lock: Lock) => boolean): Promise<Lock> {
  return until(`${what} of ${name}`, async () => {
    const lock = await lockOf(name);
    return lock !== undefined && wanted(lock) ? lock : null;
  });
}

/** What an on-call engineer reads: the table, the tree and the advice. */
async function shown(): Promise<string> {
  return assertDone(await instance.hatchery('locks'));
}

/**
 * A push that is stopped while it holds the lock of a branch of this name, which is at revision 10.
 */
async function freezePush(name: string): Promise<{ readonly push: Running; readonly lock: Lock }> {
  await client.brz('push', '-q', '-r', '10', '-d', history, url(name));
  const push = client.start('push', '-q', '-d', history, url(name));
  await until('the push to hold the lock', () => isLocked(name));
  push.kill('SIGSTOP');
  return { push, lock: await seen(name, 'the lock', ({ condition }) => condition === 'held') };
}

async function revno(name: string): Promise<string> {
  return (await client.brz('revno', url(name))).trim();
}

test('when two clients push to one branch, the second and the on-call engineer see who holds the lock', async () => {
  const { push, lock } = await freezePush('two');
  const refused = await other.try('push', '-d', history, url('two'));
  assertRefused(refused, 3, /Could not acquire lock/);
  const pid = lock.holder?.pid ?? 0;
  assert.match(
    refused.stderr,
    new RegExp(`held by demo on \\S+ \\(process #${pid}\\), acquired \\d+ seconds? ago`),
  );
  assert.match(
    await shown(),
    new RegExp(
      `^${lock.id} +branch +held .* demo pid ${pid} session \\S+ +~demo/project/two$`,
      'm',
    ),
  );
  assert.deepEqual([lock.holder?.user, lock.holder?.command], ['demo', 'lp-serve --inet demo']);
  push.kill('SIGCONT');
  assertDone(await push.outcome);
  assert.equal(await lockOf('two'), undefined);
});

test('a session that is killed while it holds a lock leaves it for a moment, and then another one pushes', async () => {
  const { push, lock } = await freezePush('killed');
  process.kill(lock.holder?.pid ?? 0, 'SIGKILL');
  push.kill('SIGKILL');
  const orphan = await seen('killed', 'the orphan', ({ condition }) => condition === 'orphaned');
  assert.deepEqual(
    [orphan.id, orphan.reasons],
    [lock.id, ['the session that took it has ended: SIGKILL']],
  );
  await until('the lock to be free', () => !isLocked('killed'));
  assertDone(await other.try('push', '-q', '-d', history, url('killed')));
});

test('a stopped holder with three waiters shows as a tree with advice that helps', async () => {
  const { push, lock } = await freezePush('stopped');
  process.kill(lock.holder?.pid ?? 0, 'SIGSTOP');
  const tag = (name: string): ReturnType<typeof runSession> =>
    runSession(instance.ready.forkerSocket, `fork tag -q -d ${onDisk('stopped')} ${name}\n`);
  const waiters = ['t1', 't2', 't3'].map(tag);
  const isStopped = ({ reasons }: Lock): boolean =>
    reasons?.some((one) => one.includes('is stopped')) === true;
  await seen('stopped', 'the waiters', (one) => one.waiters.length === 3 && isStopped(one));
  const [, tree = '', remedy = ''] = (await shown()).split('\n\n');
  assert.match(
    tree,
    /^demo pid \d+ session \S+ blocks 3\n {2}branch ~demo\/project\/stopped \(\w+\)\n( {4}pid \d+ .* waits \d+ s\n?){3}$/,
  );
  assert.equal(
    remedy.trim(),
    `${lock.id}  to end its holder and free it: hatchery break-lock --config ${instance.config} ${lock.id} --reason TEXT`,
  );
  const broken = assertDone(await instance.hatchery('break-lock', lock.id, '--reason', 'it hangs'));
  assert.match(
    broken,
    /^lock \w+: its session \S+ was ended by SIGKILL; broken: it was held by demo \(pid/,
  );
  for (const waiter of waiters) assert.equal((await waiter).status, 0, (await waiter).stderr);
  push.kill('SIGCONT');
  // It reconnects and presents the token of a lock that is gone; the server tells it so.
  assertRefused(await push.outcome, 3, /the lock you held was broken meanwhile; start over/);
  assertDone(await client.try('push', '-q', '-d', history, url('stopped')));
});

test('a brz on the host itself is seen blocking a push, and its lock is broken when it is dead', async () => {
  await client.brz('push', '-q', '-r', '10', '-d', history, url('outside'));
  await client.brz('checkout', '-q', onDisk('outside'), 'outside');
  const editor = client.path('editor');
  writeFileSync(editor, `#!/bin/sh\ntouch '${editor}.open'; while :; do sleep 0.1; done\n`);
  chmodSync(editor, 0o755);
  const environment = { ...other.environment, BRZ_EDITOR: editor };
  // While a user types the message, brz has the branch locked.
  const commit = start('/usr/bin/brz', ['commit', '--unchanged', client.path('outside')], {
    environment,
  });
  await until('the editor', () => existsSync(`${editor}.open`));
  assertRefused(
    await client.try('push', '-d', history, url('outside')),
    3,
    /held by Other <other@example.invalid> on/,
  );
  const held = await seen('outside', 'the lock', ({ condition }) => condition === 'held');
  assert.deepEqual([held.holder?.pid, held.holder?.childId], [commit.pid, null]);
  commit.kill('SIGKILL');
  await commit.outcome;
  // It might run in a container with the same host name: Breezy writes only a pid.
  const left = await seen(
    'outside',
    'the lock that it left',
    ({ condition }) => condition === 'unknown',
  );
  assert.equal(left.id, held.id);
  assert.match(
    await shown(),
    new RegExp(
      `^${left.id} {2}look for its holder .*: hatchery break-lock --config ${instance.config} ${left.id} --force`,
      'm',
    ),
  );
  assertDone(await instance.hatchery('break-lock', left.id, '--force', '--reason', 'it is dead'));
  assertDone(await client.try('push', '-q', '-d', history, url('outside')));
});

test('after a lock is broken, its old holder is told so and harms nothing that was pushed since', async () => {
  const { push, lock } = await freezePush('broken');
  const forced = await instance.hatchery(
    'break-lock',
    lock.id,
    '--force',
    '--reason',
    'its laptop is shut',
  );
  assert.match(assertDone(forced), /two writers can damage the branch/);
  assertDone(await other.try('push', '-q', '-r', '20', '-d', history, url('broken')));
  push.kill('SIGCONT');
  assertRefused(await push.outcome, 3, /the lock you held was broken meanwhile; start over/);
  assert.equal(await lockOf('broken'), undefined);
  assert.equal(await revno('broken'), '20');
  await client.brz('branch', '-q', url('broken'), 'broken-after');
  assertDone(await client.try('check', 'broken-after'));
});

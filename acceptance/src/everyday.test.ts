import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test from 'node:test';
import type { Client } from '../test-support/client.ts';
import { makeHistory } from '../test-support/history.ts';
import type { Instance } from '../test-support/instance.ts';
import { assertRefused } from '../test-support/outcome.ts';
import { useInstance } from '../test-support/use-instance.ts';

const size = { revisions: 620, files: 210 };

let instance: Instance;
let client: Client;
let history: string;

useInstance(async (started) => {
  ({ instance, client } = started);
  history = await makeHistory(client, 'history', size, 7);
  await client.brz('push', '-q', '-d', history, instance.url('~demo/project/trunk'));
});

test('a first push needs no --create-prefix and arrives whole', async () => {
  assert.equal(
    (await client.brz('revno', instance.url('~demo/project/trunk'))).trim(),
    String(size.revisions),
  );
  assert.equal(await revisionIds(instance.url('~demo/project/trunk')), await revisionIds(history));
});

test('a branch has every revision and file, and passes brz check', async () => {
  await client.brz('branch', '-q', instance.url('~demo/project/trunk'), 'branched');
  assert.equal(await revisionIds('branched'), await revisionIds(history));
  const files = await client.brz('ls', '-R', '--kind=file', 'branched');
  assert.equal(files.trim().split('\n').length, size.files);
  const check = await client.try('check', 'branched');
  assert.equal(check.code, 0, check.stderr);
  assert.match(check.stderr, new RegExp(`${size.revisions} revisions`));
  assert.doesNotMatch(check.stderr, /inconsistent|missing|unreferenced/);
});

test('log and info describe the remote branch', async () => {
  const log = await client.brz('log', '--line', '-r', '-2..', instance.url('~demo/project/trunk'));
  assert.match(log, /^620: .*revision 620/m);
  const info = await client.brz('info', '-v', instance.url('~demo/project/trunk'));
  assert.match(info, /repository branch: bzr\+ssh:/);
  assert.match(info, /620 revisions/);
});

test('a commit is pushed to a new branch and to an existing one, and pulled elsewhere', async () => {
  await client.brz('branch', '-q', instance.url('~demo/project/trunk'), 'mine');
  await client.brz('branch', '-q', instance.url('~demo/project/trunk'), 'theirs');
  writeFileSync(client.path('mine', 'new.txt'), 'new\n');
  await client.brz('add', '-q', 'mine');
  await client.brz('commit', '-q', '-m', 'one more', 'mine');
  await client.brz('push', '-q', '-d', 'mine', instance.url('~demo/project/feature'));
  await client.brz('push', '-q', '-d', 'mine', instance.url('~demo/project/trunk'));
  await client.brz('pull', '-q', '-d', 'theirs');
  const ids = await revisionIds('mine');
  for (const place of [
    'theirs',
    instance.url('~demo/project/feature'),
    instance.url('~demo/project/trunk'),
  ]) {
    assert.equal(await revisionIds(place), ids, place);
  }
});

test('a push that diverged is refused as brz refuses it', async () => {
  const target = instance.url('~demo/project/diverging');
  await client.brz('push', '-q', '-d', history, target);
  await client.brz('branch', '-q', target, 'left');
  await client.brz('branch', '-q', target, 'right');
  await client.brz('commit', '-q', '--unchanged', '-m', 'left', 'left');
  await client.brz('commit', '-q', '--unchanged', '-m', 'right', 'right');
  await client.brz('push', '-q', '-d', 'left', target);
  assertRefused(await client.try('push', '-d', 'right', target), 3, /These branches have diverged/);
  assert.equal(await revisionIds(target), await revisionIds('left'));
});

test("another user's tree is not written to, and nothing is left there", async () => {
  const outcome = await client.try('push', '-d', history, instance.url('~other/project/trunk'));
  assertRefused(outcome, 3, /you may write under ~demo\//);
  assertRefused(await client.try('info', instance.url('~other/project')), 3, /Not a branch/);
});

test('nothing outside the hosting root is reached', async () => {
  for (const path of ['../../state', '%2e%2e/%2e%2e/state', '/etc']) {
    const outcome = await client.try('branch', instance.url(path), 'outside');
    assertRefused(outcome, 3, /Not a branch/);
  }
});

async function revisionIds(place: string): Promise<string> {
  return client.brz('revision-history', place);
}

import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Client, openssh } from '../test-support/client.ts';
import type { Instance } from '../test-support/instance.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { run, type Outcome } from '../test-support/run.ts';
import { useInstance } from '../test-support/use-instance.ts';

let instance: Instance;
/** `demo` is in no team, `carol` is one of the reds, and `dave` is a stranger to all. */
let demo: Client;
let carol: Client;
let dave: Client;

useInstance(async (started) => {
  ({ instance } = started);
  demo = new Client(instance);
  carol = await makeUser('carol', '--team', 'reds', '--team', 'blues');
  dave = await makeUser('dave');
  await demo.brz('init', '-q', 'tree');
  writeFileSync(demo.path('tree', 'file'), 'content\n');
  await demo.brz('add', '-q', 'tree');
  await demo.brz('commit', '-q', '-m', 'one', 'tree');
}, '[hosting]\nprivate = ["~demo/secret", "~reds/secret"]\n');

async function makeUser(name: string, ...options: string[]): Promise<Client> {
  const key = join(instance.directory, name);
  assertDone(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]));
  assertDone(await instance.hatchery('user', 'add', name, '--key', `${key}.pub`, ...options));
  return new Client(instance, {
    ssh: openssh(instance, key),
    email: `${name} <${name}@example.invalid>`,
  });
}

/** What brz prints, without the name that was asked for. */
function words({ code, stdout, stderr }: Outcome, name: string): string {
  return `${code} ${stdout}${stderr}`.replaceAll(name, 'NAME');
}

test('a member of a team makes a branch of the team with a plain push, and others read it', async () => {
  await carol.brz('push', '-q', '-d', 'tree', instance.url('~reds/project/branch', 'carol'));
  assert.equal((await dave.brz('revno', instance.url('~reds/project/branch', 'dave'))).trim(), '1');
  const refused = await dave.try('push', '-d', 'tree', instance.url('~reds/project/other', 'dave'));
  assertRefused(
    refused,
    3,
    /Permission denied: .*~reds\/project\/other.*: you may write under ~dave\/$/m,
  );
  const overwritten = await dave.try(
    'push',
    '--overwrite',
    '-d',
    'tree',
    instance.url('~reds/project/branch', 'dave'),
  );
  assert.equal(
    overwritten.code === 0 && !/No new revisions/.test(overwritten.stderr),
    false,
    overwritten.stderr,
  );
  assert.deepEqual(readdirSync(join(instance.hostingRoot, '~reds/project')), ['branch']);
});

test('a user who joins a team may write from the next sign-in on, and one who leaves it may not', async () => {
  assertDone(await instance.hatchery('user', 'add', 'dave', '--team', 'greens'));
  await dave.brz('push', '-q', '-d', 'tree', instance.url('~greens/project/branch', 'dave'));
  assertDone(await instance.hatchery('user', 'remove', 'dave', '--team', 'greens'));
  const refused = await dave.try(
    'push',
    '-d',
    'tree',
    instance.url('~greens/project/next', 'dave'),
  );
  assertRefused(refused, 3, /you may write under ~dave\/$/m);
});

test('what is private looks to others as if it did not exist, whatever brz asks', async () => {
  await demo.brz('push', '-q', '-d', 'tree', instance.url('~demo/secret/branch'));
  await carol.brz('push', '-q', '-d', 'tree', instance.url('~reds/secret/branch', 'carol'));
  assert.equal((await demo.brz('revno', instance.url('~demo/secret/branch'))).trim(), '1');
  const commands: readonly ((place: string) => string[])[] = [
    (place) => ['branch', place, 'stolen'],
    (place) => ['push', '-d', 'tree', place],
    (place) => ['info', place],
    (place) => ['log', place],
    (place) => ['pull', '-d', 'tree', place],
    (place) => ['break-lock', place],
    (place) => ['remove-branch', '--force', place],
    (place) => ['export', 'stolen', place],
    (place) => ['ls', place],
  ];
  await assertLooksAbsent('~demo/secret/branch', commands);
  // Only the rule differs between a user's place and a team's; the matrix of the zygote's tests
  // covers it.
  await assertLooksAbsent('~reds/secret/branch', commands.slice(0, 2));
  assert.equal(existsSync(dave.path('stolen')), false);
});

async function assertLooksAbsent(
  secret: string,
  commands: readonly ((place: string) => string[])[],
): Promise<void> {
  for (const command of commands) {
    const there = await dave.try(...command(instance.url(secret, 'dave')));
    const absent = await dave.try(
      ...command(instance.url(secret.replace('secret', 'nosuch'), 'dave')),
    );
    assert.notEqual(there.code, 0, there.stdout);
    assert.equal(words(there, 'secret'), words(absent, 'nosuch'));
  }
}

test('a public branch on top of a private one reveals nothing of it', async () => {
  const stacked = instance.url('~demo/public/stacked');
  await demo.brz('branch', '-q', 'tree', 'more');
  await demo.brz('commit', '-q', '--unchanged', '-m', 'two', 'more');
  await demo.brz(
    'push',
    '-q',
    '-d',
    'more',
    '--stacked-on',
    instance.url('~demo/secret/branch'),
    stacked,
  );
  assert.equal((await demo.brz('revno', stacked)).trim(), '2');
  // brz stores the address with the name it signed in by; this is how another user reads a branch
  // that was pushed elsewhere.
  const settings = join(instance.hostingRoot, '~demo/public/stacked/.bzr/branch/branch.conf');
  writeFileSync(settings, 'stacked_on_location = /~demo/secret/branch\n');
  const { code, stderr } = await dave.try(
    'branch',
    instance.url('~demo/public/stacked', 'dave'),
    'stolen',
  );
  assert.equal(code, 3);
  assert.match(stderr, /Not a branch: .*~demo\/secret\/branch/);
  const onTop = await dave.try(
    'push',
    '-d',
    'tree',
    '--stacked-on',
    instance.url('~demo/secret/branch', 'dave'),
    instance.url('~dave/project/stacked', 'dave'),
  );
  assert.notEqual(onTop.code, 0, onTop.stdout);
  assert.match(onTop.stderr, /Not a branch/);
});

test('a read-only service says so and why, still answers reads, and stays read-only through restarts', async () => {
  const reason = 'the disks are being moved';
  assertDone(await instance.hatchery('read-only', 'on', '--reason', reason));
  const line = new RegExp(
    `this service is read-only for maintenance: ${reason}; try again later$`,
    'm',
  );
  for (const words of [
    ['push', '-d', 'more', instance.url('~demo/project/new')],
    ['push', '-d', 'more', instance.url('~demo/secret/branch')],
    ['remove-branch', '--force', instance.url('~demo/secret/branch')],
  ]) {
    const outcome = await demo.try(...words);
    assertRefused(outcome, 3, line);
    assert.equal(outcome.stderr.match(/ERROR/g)?.length, 1, outcome.stderr);
  }
  await demo.brz('branch', '-q', instance.url('~demo/secret/branch'), 'read');
  assert.match(
    (await instance.hatchery('status')).stdout,
    new RegExp(`^read-only since \\S+, by .*: ${reason}$`, 'm'),
  );
  assert.equal(existsSync(join(instance.hostingRoot, '~demo/project')), false);
  assertDone(await instance.hatchery('read-only', 'off'));
  await demo.brz('push', '-q', '-d', 'more', instance.url('~demo/project/new'));
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { ask } from '@hatchery/testkit';
import { Client, openssh, sshOptions } from '../test-support/client.ts';
import type { Instance } from '../test-support/instance.ts';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { run, type Outcome } from '../test-support/run.ts';
import { useInstance } from '../test-support/use-instance.ts';

let instance: Instance;
let client: Client;

useInstance((started) => {
  ({ instance, client } = started);
});

const noShell = /^hatchery: hello demo, no shell here; branch with: brz branch bzr\+ssh:\/\/\S+$/m;
const notRun = (what: string): RegExp =>
  new RegExp(`^hatchery: ${what}.*; use: brz branch bzr\\+ssh://…$`, 'm');

const requests: readonly [name: string, options: string[], command: string[], says: RegExp][] = [
  ['a shell', ['-T'], [], noShell],
  ['a shell on a terminal', ['-tt'], [], noShell],
  ['a subsystem', ['-s'], ['sftp'], notRun('the subsystem "sftp" is not offered')],
  ['another program', [], ['git-upload-pack', 'x'], notRun('"git-upload-pack" is not run here')],
  ['another command of bzr', [], ['bzr', 'rocks'], notRun('"bzr rocks" is not run here')],
  [
    'another directory',
    [],
    ['bzr serve --inet --directory=/etc --allow-writes'],
    notRun('.* is not a form of serve'),
  ],
  [
    'a second command',
    [],
    ['bzr serve --inet --directory=/ --allow-writes; id'],
    notRun('.* is not a form of serve'),
  ],
  [
    'half a quote',
    [],
    ["bzr serve '--inet"],
    notRun('the command has a quote or backslash without its partner'),
  ],
];

for (const [name, options, command, says] of requests) {
  test(`${name} is refused over ssh in one clear line`, async () => {
    const { code, stdout, stderr } = await ssh(demoKey(), 'demo', options, command);
    // A terminal merges the two streams.
    const said = options.includes('-tt')
      ? stdout + stderr.replace(/^Connection to .* closed\.\s*$/m, '')
      : stderr;
    assert.match(said.replaceAll('\r', ''), says);
    assert.equal(said.trim().split('\n').length, 1, said);
    assert.equal(code, 1);
  });
}

test('an unknown user and a wrong key of a known user get the same answer', async () => {
  const key = client.path('stranger');
  assertDone(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]));
  for (const [user, tried] of [
    ['demo', key],
    ['nobody', key],
    ['nobody', demoKey()],
    ['../demo', demoKey()],
  ] as const) {
    const outcome = await ssh(tried, user, [], ['bzr serve --inet --directory=/ --allow-writes']);
    assert.equal(outcome.stderr.trim(), `${user}@127.0.0.1: Permission denied (publickey).`);
    assert.equal(outcome.code, 255);
  }
});

test('brz with a wrong key says that it was refused', async () => {
  const key = client.path('wrong');
  assertDone(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]));
  const stranger = new Client(instance, { ssh: openssh(instance, key) });
  const outcome = await stranger.try('branch', instance.url('~demo/sample/trunk'), 'stolen');
  assertRefused(outcome, 3, /Permission denied \(publickey\)/);
});

test('a removed user cannot sign in again', async () => {
  const key = client.path('leaver');
  assertDone(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]));
  assertDone(await instance.hatchery('user', 'add', 'leaver', '--key', `${key}.pub`));
  const leaver = new Client(instance, { ssh: openssh(instance, key) });
  await leaver.brz('info', instance.url('~demo/sample/trunk', 'leaver'));
  assertDone(await instance.hatchery('user', 'remove', 'leaver'));
  assertRefused(
    await leaver.try('info', instance.url('~demo/sample/trunk', 'leaver')),
    3,
    /Permission denied/,
  );
});

test('a malformed fork request is answered FAILURE with the cause, and the service continues', async () => {
  const { forkerSocket } = instance.ready;
  const parsing = /^FAILURE\ncommand or env parsing failed: .+\n$/;
  assert.equal(
    await ask(forkerSocket, 'knof rocks\n'),
    "FAILURE\nunknown request: 'knof rocks\\n'\n",
  );
  assert.match(await ask(forkerSocket, "fork rocks 'and rolls\n"), parsing);
  assert.match(await ask(forkerSocket, Buffer.from('fork rocks \xc3\n', 'latin1')), parsing);
  assert.match(await ask(forkerSocket, 'fork-env rocks\nBRZ_EMAIL=x\nend\n'), parsing);
  assert.match(
    await ask(forkerSocket, 'fork-env rocks\nLD_PRELOAD: x\nend\n'),
    /^FAILURE\n.*LD_PRELOAD.*\n$/,
  );
  assert.match(await ask(forkerSocket, 'child_connect_timeout soon\n'), /^FAILURE:.+\n$/);
  assert.match(
    await ask(forkerSocket, `fork ${'x'.repeat(70_000)}\n`),
    /^FAILURE\nrequest too long.*\n$/,
  );
  assert.equal(await ask(forkerSocket, 'fork rocks'), 'FAILURE\nrequest timed out\n');
  assert.equal(await ask(forkerSocket, 'hello\n'), 'ok\nyep, still alive\n');
  assert.deepEqual(JSON.parse(assertDone(await instance.hatchery('children', '--json'))), []);
});

test('a second service in the same place is refused and does the first no harm', async () => {
  const second = await instance.hatchery('up', '--json');
  assertRefused(
    second,
    1,
    /^hatchery: up: hatchery runs already on \S+ \(pid \d+\); hatchery stop --config \S+ ends it$/m,
  );
  assert.equal(second.stdout, '');
  await client.brz('info', instance.url('~demo/sample/trunk'));
});

test('an unknown command and an extra argument are usage errors', async () => {
  assertRefused(
    await instance.hatchery('serve'),
    2,
    /^hatchery: there is no command 'serve'; hatchery help lists them$/m,
  );
  assertRefused(
    await instance.hatchery('children', 'all'),
    2,
    /^hatchery: children: 'all' is one word too many; /m,
  );
  assertRefused(
    await instance.hatchery('up', '--jsno'),
    2,
    /^hatchery: up: there is no option --jsno; hatchery help up tells more$/m,
  );
});

function demoKey(): string {
  return join(instance.ready.stateDir, 'demo', 'id_ed25519');
}

function ssh(
  key: string,
  user: string,
  options: readonly string[],
  command: readonly string[],
): Promise<Outcome> {
  const { host, port } = instance.ready.ssh;
  return run('ssh', [
    ...sshOptions(instance, key),
    ...options,
    '-p',
    `${port}`,
    '-l',
    user,
    host,
    ...command,
  ]);
}

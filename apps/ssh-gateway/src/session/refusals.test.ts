import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run, serveLine, sshArguments } from '../../testing/clients.ts';
import { until, within } from '@hatchery/testkit';
import { Stand } from '../../testing/stand.ts';

test('a command that is not served is refused by name, and no child is forked', async () => {
  await using stand = await Stand.open();
  const { code, stdout, stderr } = await stand.ssh(['rm -rf /']);
  assert.equal(code, 1);
  assert.equal(stdout.length, 0);
  assert.match(stderr, /hatchery: "rm" is not run here: only Bazaar branches are served here/);
  assert.equal(stand.forks.children.size, 0);
});

test('a user who wants a shell reads what to do instead', async () => {
  await using stand = await Stand.open();
  for (const options of [['-T'], ['-tt']]) {
    const { code, stderr } = await stand.ssh([], undefined, options);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /hatchery: hello alice, no shell here; branch with: brz branch bzr\+ssh:\/\/alice@/,
    );
  }
});

test('sftp is refused with a message', async () => {
  await using stand = await Stand.open();
  const { code, stderr } = await stand.ssh(['sftp'], undefined, ['-s']);
  assert.equal(code, 1);
  assert.match(stderr, /hatchery: the subsystem "sftp" is not offered/);
});

test('the gateway refuses port, X11 and agent forwarding, and environment variables', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'env';
  const argv = [
    '-A',
    '-o',
    'SetEnv=LD_PRELOAD=x.so',
    '-R',
    '0:127.0.0.1:1',
    '-o',
    'ExitOnForwardFailure=no',
  ];
  const { code, stdout, stderr } = await stand.ssh([serveLine], '', argv);
  assert.equal(code, 0);
  assert.doesNotMatch(stdout.toString(), /LD_PRELOAD|SSH_AUTH_SOCK|DISPLAY/);
  assert.match(stderr, /remote port forwarding failed/);
  const refused = stand.log.named('channel request refused').map(({ fields }) => fields['what']);
  assert.ok(
    refused.includes('env LD_PRELOAD') && refused.includes('tcpip-forward'),
    JSON.stringify(refused),
  );
});

test('a tunnel through the gateway is refused with a message', async () => {
  await using stand = await Stand.open();
  const { code, stderr } = await stand.ssh([], '', ['-W', '127.0.0.1:22']);
  assert.notEqual(code, 0);
  assert.match(
    stderr,
    /administratively prohibited: hatchery: only Bazaar branches are served here, no forwarding of ports or sockets/,
  );
  assert.equal((await stand.log.heard('channel request refused')).fields['what'], 'direct-tcpip');
});

test('the fork service’s own reason reaches the user', async () => {
  await using stand = await Stand.open();
  stand.forks.script = null;
  const { code, stderr } = await stand.ssh([serveLine], '');
  assert.equal(code, 1);
  assert.match(stderr, /hatchery: hatchery is full; try again later/);
});

test('the gateway waits for a fork service that is away for a moment', async () => {
  await using stand = await Stand.open({
    limits: { forkRetryForMs: 60_000, forkRetryEveryMs: 10 },
  });
  await stand.forks.stopForking();
  const client = stand.startSsh([serveLine]);
  await until('the sign-in', () => stand.log.named('signed in').length === 1);
  await stand.forks.startForking();
  client.process.stdin?.end('hello');
  const { code, stdout } = await within('ssh to end', client.result);
  assert.deepEqual([code, stdout.toString()], [0, 'hello']);
});

test('the user reads that a fork service stays away', async () => {
  await using stand = await Stand.open({ limits: { forkRetryForMs: 50, forkRetryEveryMs: 10 } });
  await stand.forks.stopForking();
  const { code, stderr } = await stand.ssh([serveLine], '');
  assert.equal(code, 1);
  assert.match(stderr, /hatchery: the service is restarting; try again in a minute/);
  assert.equal(stand.log.named('fork service unavailable')[0]?.level, 'error');
});

test('a user’s sessions have a limit, which its message names, and which counts only that user', async () => {
  await using stand = await Stand.open({ ssh: { sessionsPerUserMax: 1 } });
  const first = stand.startSsh([serveLine]);
  await until('the first session', () => stand.log.named('session opened').length === 1);
  const second = await stand.ssh([serveLine], '');
  assert.equal(second.code, 1);
  assert.match(second.stderr, /hatchery: alice has 1 sessions running and may have 1/);
  stand.authorize('bob', stand.alice.key);
  const bob = await run(
    '/usr/bin/ssh',
    [...sshArguments({ ...stand.alice, user: 'bob' }), serveLine],
    'bob',
  );
  assert.deepEqual([bob.code, bob.stdout.toString()], [0, 'bob']);
  first.process.stdin?.end();
  assert.equal((await within('the first to end', first.result)).code, 0);
  assert.equal((await stand.ssh([serveLine], '')).code, 0, 'an ended session does not count');
});

test('a child that dies before its pipes are opened is an error for the user, not a hang', async () => {
  await using stand = await Stand.open();
  stand.forks.beforeAnswer = async ({ process: child, exited }) => {
    child.kill('SIGKILL');
    await exited;
  };
  const { code, stderr } = await stand.ssh([serveLine], '');
  assert.equal(code, 1);
  assert.match(stderr, /hatchery: the process for this session could not be reached; try again/);
});

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { serveLine } from '../../testing/clients.ts';
import { until, within } from '@hatchery/testkit';
import type { LogLine } from '../../testing/recording-log.ts';
import { Stand } from '../../testing/stand.ts';

test('bytes flow both ways, the client’s end of file reaches the child, and stderr stays separate', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'cat; echo done >&2';
  const { code, stdout, stderr } = await stand.ssh([serveLine], 'hello\n');
  assert.equal(stdout.toString(), 'hello\n');
  assert.match(stderr, /^done$/m);
  assert.equal(code, 0);
});

test('the child is forked as lp-serve of the signed-in user, and learns the user and the peer', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'echo "$BRZ_EMAIL $HATCHERY_USER $HATCHERY_SESSION $HATCHERY_PEER"';
  const { stdout } = await stand.ssh([serveLine], '');
  const child = stand.forks.children.get('t1');
  assert.equal(child?.command, 'lp-serve --inet alice');
  const [email, user, session, peer] = stdout.toString().trim().split(' ');
  assert.deepEqual([email, user], ['alice', 'alice']);
  assert.equal(session, (await stand.log.heard('session closed')).fields['sessionId']);
  assert.match(peer ?? '', /^127\.0\.0\.1:\d+$/);
});

for (const status of [0, 1, 200]) {
  test(`exit status ${status} arrives unchanged`, async () => {
    await using stand = await Stand.open();
    stand.forks.script = `exit ${status}`;
    assert.equal((await stand.ssh([serveLine], '')).code, status);
  });
}

test('an end of file before the child has opened its pipes neither hangs it nor loses earlier data', async () => {
  await using stand = await Stand.open();
  stand.forks.beforeOpening = 'sleep 0.3';
  const { code, stdout } = await stand.ssh([serveLine], 'short');
  assert.deepEqual([code, stdout.toString()], [0, 'short']);
});

test('trap C: a death by SIGTERM arrives as exit-signal', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'kill -TERM $$';
  const { stderr } = await stand.ssh([serveLine], '', ['-v']);
  assert.match(stderr, /rtype exit-signal reply 0/);
  assert.doesNotMatch(stderr, /rtype exit-status/);
});

test('trap C: a death by a signal that SSH has no name for arrives as 128 plus its number', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'kill -BUS $$';
  assert.equal((await stand.ssh([serveLine], '')).code, 128 + 7);
});

test('trap B: the last bytes of stdout and stderr arrive before the exit status, also when the child ends at once', async () => {
  await using stand = await Stand.open();
  stand.forks.script =
    'head -c 300000 /dev/zero; head -c 300000 /dev/zero | tr "\\0" e >&2; exit 7';
  const { code, stdout, stderr } = await stand.ssh([serveLine], '');
  assert.equal(stdout.length, 300_000);
  assert.equal(stderr.match(/e{1000,}/g)?.join('').length, 300_000);
  assert.equal(code, 7);
});

test('trap B: a child that has closed its outputs keeps reading, and its exit status still arrives', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'exec >&- 2>&-; cat >/dev/null; exit 3';
  const client = stand.startSsh([serveLine]);
  await within('the end of file to reach the client', client.stdoutEnded);
  assert.equal(stand.forks.livingChildren, 1);
  client.process.stdin?.end('goes on\n');
  assert.equal((await within('ssh to end', client.result)).code, 3);
});

test('a grandchild that holds stdout open does not hold the session', async () => {
  await using stand = await Stand.open({ limits: { outputsDeadlineMs: 100 } });
  stand.forks.script = 'sleep 600 & echo $!; exit 5';
  const { code, stdout } = await stand.ssh([serveLine], '');
  process.kill(Number(stdout.toString()));
  assert.equal(code, 5);
});

test('20 MB each way arrive unchanged', async () => {
  await using stand = await Stand.open();
  const sent = randomBytes(20 * 1024 * 1024);
  const { code, stdout } = await stand.ssh([serveLine], sent);
  assert.equal(code, 0);
  assert.equal(digest(stdout), digest(sent));
  const [line] = stand.log.named('session closed');
  assert.deepEqual(line?.fields['bytes'], { in: sent.length, out: sent.length, err: 0 });
});

test('the access line names the session, its child, its bytes, its phases and its end', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'cat; exit 1';
  await stand.ssh([serveLine], 'abc');
  await until('the line', () => stand.log.named('session closed').length === 1);
  const { fields, level } = stand.log.named('session closed')[0] as LogLine;
  assert.equal(level, 'info');
  assert.equal(fields['user'], 'alice');
  assert.match(String(fields['fingerprint']), /^SHA256:[A-Za-z0-9+/]{43}$/);
  assert.deepEqual(
    [fields['childId'], fields['pid'], fields['command']],
    ['t1', stand.forks.children.get('t1')?.process.pid, 'lp-serve'],
  );
  assert.deepEqual(fields['exit'], { kind: 'code', code: 1 });
  assert.equal(fields['reason'], 'finished');
  const phases = fields['phasesMs'] as Record<string, unknown>;
  assert.deepEqual(Object.keys(phases), ['auth', 'exec', 'forked', 'firstByte', 'end']);
  assert.ok(
    Object.values(phases).every((ms) => typeof ms === 'number' && ms >= 0),
    JSON.stringify(phases),
  );
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

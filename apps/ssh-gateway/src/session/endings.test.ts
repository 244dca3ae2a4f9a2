import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveLine } from '../../testing/clients.ts';
import { until, within } from '@hatchery/testkit';
import { Stand } from '../../testing/stand.ts';

const patient = { childFinishMs: 60_000 };
const brisk = { childFinishMs: 50, childHangupMs: 50, childTermMs: 50 };

test('a child whose client is killed gets the end of its input and finishes its work', async () => {
  await using stand = await Stand.open({ limits: patient });
  const mark = join(stand.directory, 'finished');
  stand.forks.script = `cat >${mark}.part; mv ${mark}.part ${mark}`;
  const client = stand.startSsh([serveLine]);
  client.process.stdin?.write('work');
  await until(
    'the work to arrive',
    () => existsSync(`${mark}.part`) && readFileSync(`${mark}.part`, 'utf8') === 'work',
  );
  client.process.kill('SIGKILL');
  await until('the child to finish', () => existsSync(mark));
  await until('the session to end', () => stand.log.named('session closed').length === 1);
  assert.deepEqual(stand.forks.signals, []);
  assert.match(
    String((await stand.log.heard('session closed')).fields['reason']),
    /^connection lost/,
  );
});

test('a child that still writes when its client is killed does not block, and finishes', async () => {
  await using stand = await Stand.open({ limits: patient });
  const mark = join(stand.directory, 'finished');
  stand.forks.script = `head -c 20000000 /dev/zero; touch ${mark}`;
  const client = stand.startSsh([serveLine]);
  client.process.stdout?.pause();
  await until('the session', () => stand.log.named('session opened').length === 1);
  client.process.kill('SIGKILL');
  await until('the child to finish', () => existsSync(mark));
  assert.deepEqual(stand.forks.signals, []);
});

test('a child that does not end at the end of its input gets HUP, then TERM, then KILL', async () => {
  await using stand = await Stand.open({ limits: brisk });
  stand.forks.script = 'trap "" HUP TERM; echo deaf; while :; do sleep 0.02; done';
  const client = stand.startSsh([serveLine]);
  await until('the child to be deaf', () => client.stdout.length > 0);
  client.process.kill('SIGKILL');
  await until('the child to be gone', () => stand.forks.livingChildren === 0);
  assert.deepEqual(
    stand.forks.signals.map(({ signal }) => signal),
    ['SIGHUP', 'SIGTERM', 'SIGKILL'],
  );
  for (const { actor, reason } of stand.forks.signals) {
    assert.equal(actor, 'ssh-gateway');
    assert.match(reason, /^connection lost/);
  }
});

test('trap E: a client that is killed with a full window and a full pipe behind it still ends its session', async () => {
  await using stand = await Stand.open({ limits: brisk });
  stand.forks.script = 'exec cat /dev/zero';
  const client = stand.startSsh([serveLine]);
  client.process.stdout?.pause();
  client.process.stdin?.write(Buffer.alloc(8 * 1024 * 1024));
  await until('the session', () => stand.log.named('session opened').length === 1);
  client.process.kill('SIGKILL');
  await until('the child to be gone', () => stand.forks.livingChildren === 0);
  await until('the session to end', () => stand.log.named('session closed').length === 1);
});

test('a client that leaves while its child is being forked: the pipes are never opened and the child is killed', async () => {
  await using stand = await Stand.open({ limits: { childKillMs: 60_000 } });
  const forking = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  stand.forks.beforeAnswer = () => {
    forking.resolve();
    return answer.promise;
  };
  const client = stand.startSsh([serveLine]);
  await within('the fork', forking.promise);
  client.process.kill('SIGKILL');
  await until('the gateway to notice', () => stand.log.named('connection closed').length === 1);
  answer.resolve();
  await until('the child to be gone', () => stand.forks.livingChildren === 0);
  await until('the session to end', () => stand.log.named('session closed').length === 1);
  assert.deepEqual(
    stand.forks.signals.map(({ signal }) => signal),
    ['SIGKILL'],
  );
  assert.deepEqual(stand.log.named('session opened'), []);
});

test('a client that leaves while the fork service is away ends the retries', async () => {
  await using stand = await Stand.open({ limits: { forkRetryForMs: 60_000 } });
  await stand.forks.stopForking();
  const client = stand.startSsh([serveLine]);
  await until('the request', () => stand.log.named('session requested').length === 1);
  client.process.kill('SIGKILL');
  await until('the session to end', () => stand.log.named('session closed').length === 1);
});

test('a session outlives the fork service, and learns its exit status from the next one', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'cat; exit 9';
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  await stand.forks.stopForking();
  await stand.forks.startForking();
  client.process.stdin?.end('still here');
  const { code, stdout } = await within('ssh to end', client.result);
  assert.deepEqual([code, stdout.toString()], [9, 'still here']);
});

test('a child that is killed for a limit: its user reads which one, and the session fails', async () => {
  await using stand = await Stand.open();
  const line =
    'hatchery: 4 sessions of alice had 3200 MiB of memory and may have 1024 MiB; do less at a time';
  stand.forks.lineAfter = line;
  stand.forks.script = 'echo half; kill -KILL $$';
  const client = stand.startSsh([serveLine]);
  const { code, stdout, stderr } = await within('ssh to end', client.result);
  assert.deepEqual([code, stdout.toString()], [255, 'half\n']);
  assert.ok(stderr.toString().endsWith(`\n${line}\n`), stderr.toString());
  await until('the session to end', () => stand.log.named('session closed').length === 1);
});

test('a child that is killed for a reason with no text, or one the service cannot tell, ends as before', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'kill -KILL $$';
  const client = stand.startSsh([serveLine]);
  const { code, stderr } = await within('ssh to end', client.result);
  assert.equal(code, 255);
  assert.doesNotMatch(stderr.toString(), /hatchery/);
});

test('an unknown exit status is reported as 255 and logged as an error, never invented', async () => {
  await using stand = await Stand.open({ limits: { reattachForMs: 50, forkRetryEveryMs: 10 } });
  stand.forks.script = 'cat; exit 0';
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  await stand.forks.stopForking();
  client.process.stdin?.end('still here');
  const { code, stdout } = await within('ssh to end', client.result);
  assert.deepEqual([code, stdout.toString()], [255, 'still here']);
  assert.equal(stand.log.named('exit status unknown')[0]?.level, 'error');
});

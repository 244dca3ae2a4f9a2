import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { readAudit } from '@hatchery/event-feed';
import { until, within } from '@hatchery/testkit';
import { makeKey, RunningClient, serveLine, sshArguments } from '../../testing/clients.ts';
import { ask, controlOf, metricOf, stateOf, type ControlAnswer } from '../../testing/control.ts';
import { Stand } from '../../testing/stand.ts';

const disconnect = (stand: Stand, body: object): Promise<ControlAnswer> =>
  ask(controlOf(stand), '/v1/disconnect', { actor: 'ops', reason: 'left us', ...body });

/** A session of a user that runs until its client or somebody else ends it. */
function session(stand: Stand, user: string, key: string): RunningClient {
  return new RunningClient('/usr/bin/ssh', [
    ...sshArguments({ ...stand.alice, user, key }),
    serveLine,
  ]);
}

for (const workers of [1, 2])
  test(`the connections of one user end with their sessions, and nobody else's, with ${workers} worker(s)`, async () => {
    // The ten seconds that a child has to finish its work stay as they are: they are not waited
    // for.
    await using stand = await Stand.open({
      ssh: { workers },
      limits: { childHangupMs: 200, childTermMs: 200 },
    });
    stand.forks.script = 'trap "" HUP; cat; sleep 600';
    const bobsKey = makeKey(stand.directory, 'bob');
    stand.authorize('bob', bobsKey);
    const alices = [
      session(stand, 'alice', stand.alice.key),
      session(stand, 'alice', stand.alice.key),
    ];
    const bobs = session(stand, 'bob', bobsKey);
    await until('three sessions', async () => (await stateOf(stand)).sessions.length === 3);
    const { status, text } = await disconnect(stand, { user: 'alice' });
    assert.equal(status, 202);
    assert.equal((JSON.parse(text) as { outcome: string }).outcome, '2 connections ended');
    for (const { result } of alices) {
      const { code, stderr } = await within('the client to end', result);
      assert.equal(code, 255);
      assert.match(stderr, /hatchery: ended by an operator/);
    }
    // A child that ignores its hangup, and would have had ten seconds to finish its work.
    await until('the children to be gone', () => stand.forks.livingChildren === 1);
    const left = async (): Promise<string> =>
      (await stateOf(stand)).sessions.map(({ user }) => user).join();
    await until('the session of bob alone', async () => (await left()) === 'bob');
    const closed = 'hatchery_ssh_connections_closed_total{cause="ended",signed_in="true"}';
    await until('it is counted', async () => (await metricOf(stand, closed)) === 2);
    const directory = join(stand.directory, 'audit');
    const entries = [...readAudit({ directory, since: new Date(0), damaged: assert.fail })];
    const action = entries.find((entry) => entry.kind === 'action.requested');
    assert.ok(action?.kind === 'action.requested');
    const done = entries.find(
      (entry) => entry.kind === 'action.done' && entry.actionId === action.actionId,
    );
    assert.ok(done?.kind === 'action.done' && done.outcome === '2 connections ended');
    assert.deepEqual(
      [action.verb, action.target, action.reason],
      ['disconnect', 'alice', 'left us'],
    );
    bobs.process.kill();
    await bobs.result;
  });

test('only the connections of one key end, also of a master that waits without a session', async () => {
  await using stand = await Stand.open();
  const second = makeKey(stand.directory, 'second');
  stand.authorize('alice', second);
  const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', `${second}.pub`], {
    encoding: 'utf8',
  }).split(' ');
  const control = join(stand.directory, 'mux');
  const master = new RunningClient('/usr/bin/ssh', [
    ...sshArguments({ ...stand.alice, key: second }, ['-N', '-M', '-S', control]),
  ]);
  const other = session(stand, 'alice', stand.alice.key);
  stand.forks.script = 'cat';
  await until('both', () => stand.log.named('signed in').length === 2);
  const { text } = await disconnect(stand, { user: 'alice', fingerprints: [fingerprint] });
  assert.equal((JSON.parse(text) as { outcome: string }).outcome, '1 connection ended');
  await within('the master to end', master.result);
  assert.equal(other.process.exitCode, null);
  other.process.stdin?.end();
  assert.equal((await within('the other', other.result)).code, 0);
});

test('what names nobody is refused, and an action that a command records is taken', async () => {
  await using stand = await Stand.open();
  for (const body of [{}, { user: '../alice' }, { user: 'alice', fingerprints: 'SHA256:x' }])
    assert.equal((await disconnect(stand, body)).status, 409, JSON.stringify(body));
  const record = (body: object): Promise<ControlAnswer> => ask(controlOf(stand), '/v1/audit', body);
  const requested = {
    kind: 'action.requested',
    actionId: 'a-1',
    actor: 'ops (cli)',
    verb: 'user add',
  };
  for (const body of [
    {},
    requested,
    { ...requested, target: 'x', reason: 7 },
    { kind: 'lock.broken', actionId: 'a' },
  ])
    assert.equal((await record(body)).status, 400, JSON.stringify(body));
  assert.equal((await record({ ...requested, target: 'alice', reason: 'new' })).status, 202);
  assert.equal(
    (await record({ kind: 'action.done', actionId: 'a-1', outcome: 'done' })).status,
    202,
  );
  const directory = join(stand.directory, 'audit');
  const kinds = [...readAudit({ directory, since: new Date(0), damaged: assert.fail })].map(
    ({ kind }) => kind,
  );
  assert.deepEqual(kinds.slice(0, 2), ['action.done', 'action.requested']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, within } from '@hatchery/testkit';
import { serveLine } from '../../testing/clients.ts';
import { ask, controlOf, stateOf } from '../../testing/control.ts';
import { RecordingLog } from '../../testing/recording-log.ts';
import { Stand } from '../../testing/stand.ts';
import { createGateway } from '../gateway.ts';

const intent = { actor: 'ops', reason: 'a test' };

/** Resolves when the gateway's drain has followed this often. */
const followed = (stand: Stand, times: number): Promise<unknown> =>
  until(
    'the gateway to follow',
    () => stand.log.named('drain of the fork service followed').length === times,
  );

test('a drain of the fork service, as from the page, closes the gateway too, and its end opens it again', async () => {
  await using stand = await Stand.open();
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  stand.forks.drain({ reason: 'new disks' });
  await followed(stand, 1);
  assert.deepEqual(await ask(controlOf(stand), '/readyz'), { status: 503, text: 'draining\n' });
  const { stderr } = await stand.ssh([serveLine], '');
  assert.match(
    stderr,
    /the service is being drained and takes no new connection: new disks; try again in a minute/,
  );
  stand.forks.undrain();
  await followed(stand, 2);
  assert.equal((await ask(controlOf(stand), '/readyz')).status, 200);
  assert.equal((await stand.ssh([serveLine], 'back')).stdout.toString(), 'back');
  client.process.stdin?.end('still here');
  assert.equal((await within('ssh to end', client.result)).stdout.toString(), 'still here');
});

test('an undrain of the fork service takes back a drain that both were asked for', async () => {
  await using stand = await Stand.open();
  await ask(controlOf(stand), '/v1/drain', intent);
  stand.forks.drain();
  await followed(stand, 1);
  stand.forks.undrain();
  await followed(stand, 2);
  assert.equal((await stateOf(stand)).state, 'open');
});

test('the deadline is the fork service’s to the millisecond, and moves with it', async () => {
  await using stand = await Stand.open();
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  const deadlines = ['2100-01-01T00:00:00.123Z', '2100-01-01T00:00:00.456Z'] as const;
  for (const [index, deadline] of deadlines.entries()) {
    stand.forks.drain({ deadline });
    await followed(stand, index + 1);
    const { drainDeadline, sessions } = await stateOf(stand);
    assert.deepEqual(
      [drainDeadline, sessions.length],
      [deadline, 1],
      'far as it is, it has not passed',
    );
  }
  // An order that says no deadline changes none.
  stand.forks.drain();
  await followed(stand, 3);
  assert.equal((await stateOf(stand)).drainDeadline, deadlines[1]);
  stand.forks.drain({ deadline: '2000-01-01T00:00:00.000Z' });
  assert.match((await within('ssh to end', client.result)).stderr, /drain deadline passed/);
});

test('a gateway that starts under a drain lets nobody in before it has heard of it', async () => {
  await using stand = await Stand.open();
  stand.forks.drain({ deadline: '2100-01-01T00:00:00.000Z' });
  const { logger } = new RecordingLog();
  const context = { config: stand.config, log: logger, options: { overlap: 'yes' } };
  const next = await createGateway(context, { nativeCryptoLoaded: () => true });
  try {
    const { state, drainDeadline } = await stateOf(stand);
    assert.deepEqual([state, drainDeadline], ['draining', '2100-01-01T00:00:00.000Z']);
  } finally {
    next.stop(true);
    await within('the next one to stop', next.finished);
  }
});

test('a gateway behind its successor follows a drain, and goes on to the end of its sessions when that is taken back', async () => {
  await using stand = await Stand.open({ childrenTimeoutS: 1 });
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  const context = {
    config: stand.config,
    log: new RecordingLog().logger,
    options: { overlap: 'yes' },
  };
  const next = await createGateway(context, { nativeCryptoLoaded: () => true });
  try {
    stand.gateway.stop(false);
    stand.forks.drain({ deadline: '2100-01-01T00:00:00.000Z' });
    await followed(stand, 1);
    stand.forks.undrain();
    await followed(stand, 2);
    const [retired] = stand.log.named(
      'a successor serves; connections go on until clients close them',
    );
    assert.ok(Number(retired?.fields['deadlineMs']) > 6 * 24 * 3_600_000, 'it has its week');
    assert.equal(stand.log.named('drain is over').length, 1);
    assert.equal(stand.log.named('drain of the fork service not followed').length, 0);
    stand.forks.drain({ deadline: '2000-01-01T00:00:00.000Z' });
    assert.match((await within('ssh to end', client.result)).stderr, /drain deadline passed/);
    await within('the old one to end', stand.gateway.finished);
  } finally {
    next.stop(true);
    await within('the next one to stop', next.finished);
  }
});

test('a gateway whose fork service can start no session, or hangs, is not ready; one whose fork service is away is', async () => {
  await using stand = await Stand.open();
  const { forks } = stand;
  const ready = async (): Promise<string> => (await ask(controlOf(stand), '/readyz')).text;
  forks.events.publish({ kind: 'forker.outage', outage: 'the keeper gives no answer' });
  await until('the outage', async () => (await ready()) === 'the keeper gives no answer\n');
  assert.equal((await ask(controlOf(stand), '/readyz')).status, 503);
  forks.events.publish({ kind: 'forker.outage', outage: null });
  await until('its end', async () => (await ready()) === 'ready\n');
  forks.beSilent(true);
  await until('the silence', async () => (await ready()) === 'the fork service gives no answer\n');
  forks.beSilent(false);
  await until('a word', async () => (await ready()) === 'ready\n');
});

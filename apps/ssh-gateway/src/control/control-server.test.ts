// Long: a test for each route of one server.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { ownRecord, writePartRecord } from '@hatchery/daemon';
import { dialFeed } from '@hatchery/event-feed';
import type { Event } from '@hatchery/events';
import { until, within } from '@hatchery/testkit';
import { serveLine } from '../../testing/clients.ts';
import { ask, controlOf, metricOf, stateOf } from '../../testing/control.ts';
import { RecordingLog } from '../../testing/recording-log.ts';
import { Stand } from '../../testing/stand.ts';
import { createGateway } from '../gateway.ts';

const intent = { actor: 'ops', reason: 'a test' };

test('a session is told on the feed from its opening to its end, and a refusal with its reason', async () => {
  await using stand = await Stand.open();
  const events: Event[] = [];
  await using _feed = dialFeed(controlOf(stand).socketPath, {
    message: (message) => message.type === 'event' && events.push(message.event),
    connection: () => {},
  });
  await stand.ssh([serveLine], 'x');
  await stand.ssh(['rm'], '');
  await until('three events', () => events.length === 3);
  const [opened, closed, refused] = events;
  assert.deepEqual(
    [opened?.kind, closed?.kind, refused?.kind],
    ['session.opened', 'session.closed', 'session.refused'],
  );
  assert.ok(opened?.kind === 'session.opened' && closed?.kind === 'session.closed');
  assert.deepEqual(
    [opened.user, opened.sessionId, opened.childId],
    ['alice', closed.sessionId, closed.childId],
  );
  assert.equal(closed.reason, 'finished');
  assert.equal(closed.bytes?.in, 1);
  const { auth = null, forked = null, end = null } = closed.phasesMs ?? {};
  for (const phase of [auth, forked, end]) assert.ok(phase !== null && phase >= 0);
  assert.ok(
    refused?.kind === 'session.refused' &&
      refused.reason === 'unknown-program' &&
      refused.user === 'alice',
  );
});

test('metrics count sessions, bytes, phases and refusals, and name nobody', async () => {
  await using stand = await Stand.open();
  await stand.ssh([serveLine], 'four');
  await stand.ssh(['rm'], '');
  await until('the end', () => stand.log.named('connection closed').length === 2);
  for (const [series, value] of [
    ['hatchery_ssh_connections_total', 2],
    ['hatchery_ssh_sign_ins_total', 2],
    ['hatchery_ssh_sessions_opened_total', 1],
    ['hatchery_ssh_sessions_refused_total{reason="unknown-program"}', 1],
    ['hatchery_ssh_session_results_total{result="ok"}', 1],
    ['hatchery_ssh_session_results_total{result="client"}', 1],
    ['hatchery_ssh_session_results_total{result="system"}', 0],
    ['hatchery_ssh_session_bytes_total{direction="in"}', 4],
    ['hatchery_ssh_session_bytes_total{direction="out"}', 4],
    ['hatchery_ssh_phase_seconds_count{phase="kex"}', 2],
    ['hatchery_ssh_phase_seconds_count{phase="forked"}', 1],
    ['hatchery_ssh_phase_seconds_count{phase="first_byte"}', 1],
    ['hatchery_ssh_connections', 0],
  ] as const)
    assert.equal(await metricOf(stand, series), value, series);
  for (let delays = 0; delays === 0;)
    delays = (await metricOf(stand, 'hatchery_ssh_event_loop_delay_seconds_count')) ?? 0;
  assert.doesNotMatch((await ask(controlOf(stand), '/metrics')).text, /alice|127\.0\.0\.1/);
});

test('only a fault of ours counts as one: the fork service away, not a client that cannot sign in', async () => {
  await using stand = await Stand.open({ limits: { forkRetryForMs: 20, forkRetryEveryMs: 10 } });
  const system = 'hatchery_ssh_session_results_total{result="system"}';
  await stand.ssh([serveLine], '', ['-l', 'nobody']);
  connect(stand.port, '127.0.0.1').end('GET / HTTP/1.0\r\n\r\n');
  await until('both to be gone', () => stand.log.named('sign-in refused').length === 2);
  assert.equal(await metricOf(stand, system), 0);
  await stand.forks.stopForking();
  await stand.ssh([serveLine], '');
  assert.equal(await metricOf(stand, system), 1);
  assert.equal(
    await metricOf(stand, 'hatchery_ssh_sessions_refused_total{reason="fork-service-unavailable"}'),
    1,
  );
});

test('a drain shows what still runs and until when, makes the gateway unready, and can be taken back', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 50 } });
  const control = controlOf(stand);
  assert.deepEqual(await ask(control, '/readyz'), { status: 200, text: 'ready\n' });
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  const drained = await ask(control, '/v1/drain', { ...intent, deadlineS: 3600 });
  assert.deepEqual([drained.status, JSON.parse(drained.text).outcome], [202, '1 session finishes']);
  assert.deepEqual(await ask(control, '/readyz'), { status: 503, text: 'draining\n' });
  assert.equal((await ask(control, '/healthz')).status, 200);
  const state = await stateOf(stand);
  assert.deepEqual([state.state, state.sessions[0]?.user], ['draining', 'alice']);
  assert.ok(Date.parse(state.drainDeadline ?? '') > Date.now() + 3_000_000);
  const late = await stand.ssh([serveLine], '');
  assert.equal(late.code, 255);
  assert.match(
    late.stderr,
    /hatchery: the service is being drained and takes no new connection: a test; try again in a minute/,
  );
  assert.equal(
    await metricOf(stand, 'hatchery_ssh_connections_refused_total{reason="draining"}'),
    1,
  );
  assert.equal((await ask(control, '/v1/undrain', intent)).status, 202);
  assert.deepEqual(await ask(control, '/readyz'), { status: 200, text: 'ready\n' });
  assert.equal((await stand.ssh([serveLine], 'back')).stdout.toString(), 'back');
  client.process.stdin?.end('still here');
  assert.equal((await within('the first to end', client.result)).stdout.toString(), 'still here');
});

test('when a drain’s own deadline passes, clients read why they are disconnected', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 50 } });
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  await ask(controlOf(stand), '/v1/drain', { ...intent, deadlineS: 0 });
  const { stderr } = await within('ssh to end', client.result);
  assert.match(
    stderr,
    /hatchery: the service is restarting \(drain deadline passed\): a test; try again in a minute/,
  );
});

test('a second word about a running drain moves its deadline and nothing else', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 50 } });
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  const control = controlOf(stand);
  await ask(control, '/v1/drain', { ...intent, deadlineS: 3600 });
  assert.match((await ask(control, '/v1/drain', intent)).text, /it drains already/);
  assert.ok(Date.parse((await stateOf(stand)).drainDeadline ?? '') > Date.now() + 3_000_000);
  await ask(control, '/v1/drain', { ...intent, deadlineS: 0 });
  assert.match((await within('ssh to end', client.result)).stderr, /drain deadline passed/);
});

test('an action needs an actor and a reason, and both are told with what came of it', async () => {
  await using stand = await Stand.open();
  const control = controlOf(stand);
  for (const [path, body, status] of [
    ['/v1/drain', {}, 400],
    ['/v1/drain', { actor: '', reason: 'x' }, 400],
    ['/v1/drain', { ...intent, deadlineS: -1 }, 409],
    ['/v1/drain', { ...intent, deadlineS: 'soon' }, 409],
    ['/v1/reload', intent, 409],
    ['/v1/explode', intent, 404],
  ] as const)
    assert.equal((await ask(control, path, body)).status, status, path + JSON.stringify(body));
  assert.equal((await ask(control, '/nothing')).status, 404);
  assert.equal((await stateOf(stand)).state, 'open');
  const outcomes = stand.log.named('action done').map(({ fields }) => String(fields['outcome']));
  assert.match(outcomes.at(-1) ?? '', /^failed: with ssh.workers = 1 there is nothing to replace/);
  assert.equal(stand.log.named('action requested')[0]?.fields['actor'], 'ops');
});

test('health and metrics are on a port of their own when asked for, and nothing else is', async () => {
  await using stand = await Stand.open({ ssh: { statusListen: { host: '127.0.0.1', port: 0 } } });
  const { host, port } = stand.gateway.details['status'] as { host: string; port: number };
  for (const [path, status] of [
    ['/healthz', 200],
    ['/readyz', 200],
    ['/metrics', 200],
    ['/v1/state', 404],
    ['/v1/events', 404],
  ] as const)
    assert.equal((await ask({ host, port }, path)).status, status, path);
  assert.equal((await ask({ host, port }, '/v1/drain', intent)).status, 405);
});

test('the control socket is its owner’s alone', async () => {
  await using stand = await Stand.open();
  assert.equal(statSync(controlOf(stand).socketPath).mode & 0o777, 0o600);
});

test('a second gateway in the same place is refused; asked to overlap, it takes over and nobody is refused meanwhile', async () => {
  await using stand = await Stand.open();
  const context = (ssh: Partial<Stand['config']['ssh']>): Parameters<typeof createGateway> => [
    {
      config: { ...stand.config, ssh: { ...stand.config.ssh, ...ssh } },
      log: new RecordingLog().logger,
    },
    { nativeCryptoLoaded: () => true },
  ];
  await assert.rejects(
    createGateway(...context({})),
    /an ssh gateway runs already; stop it, or .* --overlap yes/,
  );
  const listen = { host: '127.0.0.1', port: stand.port };
  await assert.rejects(createGateway(...context({ listen })), /is taken by another process/);
  const [{ config, log }, options] = context({ listen });
  const successor = await createGateway({ config, log, options: { overlap: 'yes' } }, options);
  stand.gateway.stop(false);
  await within('the old one to end', stand.gateway.finished);
  assert.equal((await stand.ssh([serveLine], 'new')).stdout.toString(), 'new');
  assert.equal(
    (await ask(controlOf(stand), '/readyz')).status,
    200,
    'the old one left the new one’s socket alone',
  );
  successor.stop(false);
  await within('the new one to end', successor.finished);
  assert.equal(existsSync(controlOf(stand).socketPath), false);
});

test('a successor that ends first gives the control socket back to the one that runs on', async () => {
  await using stand = await Stand.open();
  const config = {
    ...stand.config,
    ssh: { ...stand.config.ssh, listen: { host: '127.0.0.1', port: 0 } },
  };
  const details = { ssh: { host: '127.0.0.1', port: stand.port } };
  using _record = writePartRecord(config, ownRecord('ssh-gateway', details));
  const context = { config, log: new RecordingLog().logger, options: { overlap: 'yes' } };
  const successor = await createGateway(context, { nativeCryptoLoaded: () => true });
  assert.deepEqual(
    successor.details['ssh'],
    details.ssh,
    'a port that the system chose is shared as well',
  );
  const { socketPath } = controlOf(stand);
  const sockets = (): string[] =>
    readdirSync(dirname(socketPath)).filter((name) => name.startsWith('gateway.sock'));
  assert.equal(sockets().length, 2);
  successor.stop(false);
  await within('the successor to end', successor.finished);
  assert.deepEqual(sockets(), ['gateway.sock']);
  assert.equal((await ask(controlOf(stand), '/readyz')).status, 200);
  assert.equal((await stand.ssh([serveLine], 'old')).stdout.toString(), 'old');
});

test('a gateway that has a successor cuts nobody off, however long children_timeout_s is over', async () => {
  await using stand = await Stand.open({ childrenTimeoutS: 0.05, limits: { lingerMs: 50 } });
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  const config = {
    ...stand.config,
    ssh: { ...stand.config.ssh, listen: { host: '127.0.0.1', port: stand.port } },
  };
  const context = { config, log: new RecordingLog().logger, options: { overlap: 'yes' } };
  const successor = await createGateway(context, { nativeCryptoLoaded: () => true });
  stand.gateway.stop(false);
  // Longer than the deadline that it would have without one.
  await stand.ssh([serveLine], 'new');
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(stand.log.named('disconnecting clients').length, 0);
  client.process.stdin?.end('late');
  assert.equal((await within('ssh to end', client.result)).stdout.toString(), 'late');
  await within('the old one to end', stand.gateway.finished);
  successor.stop(false);
  await within('the new one to end', successor.finished);
});

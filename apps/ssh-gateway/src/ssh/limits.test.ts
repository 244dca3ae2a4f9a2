import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until, within } from '@hatchery/testkit';
import { makeKey, serveLine } from '../../testing/clients.ts';
import { metricOf } from '../../testing/control.ts';
import { signIn } from '../../testing/ssh2-client.ts';
import { Stand } from '../../testing/stand.ts';

/** A connection that sends `first` and then listens. */
function dial(
  stand: Stand,
  first: string | Buffer = '',
): { socket: Socket; heard: () => string; closed: Promise<void> } {
  const socket = connect(stand.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1'))).on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  if (first.length > 0) socket.write(first);
  return { socket, heard: () => heard, closed };
}

const startups = { startupsMax: { start: 100, ratePercent: 30, full: 200 } };
const ident = 'SSH-2.0-x\r\n';

test('one source that does not sign in leaves the others their places, and reads why it is refused', async () => {
  await using stand = await Stand.open({ ssh: { ...startups, startupsPerSourceMax: 1 } });
  const { client } = await signIn(stand.alice);
  const first = dial(stand);
  await until('the greeting', () => first.heard() !== '');
  const second = dial(stand);
  await within('the end', second.closed);
  assert.match(
    second.heard(),
    /^SSH-2\.0-hatchery\r\n.*hatchery: Exceeded PerSourceMaxStartups; /s,
  );
  assert.equal(
    await metricOf(stand, 'hatchery_ssh_connections_refused_total{reason="startups-per-source"}'),
    1,
  );
  assert.equal(await metricOf(stand, 'hatchery_ssh_unauthenticated'), 1);
  const other = connect({ port: stand.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  await within(
    'a greeting for another address',
    new Promise((resolve) => other.once('data', resolve)),
  );
  other.destroy();
  first.socket.destroy();
  client.end();
});

test('an exempt source, such as the NAT of a build farm, has no limit of its own', async () => {
  await using stand = await Stand.open({
    ssh: { ...startups, startupsPerSourceMax: 1, limitExempt: ['127.0.0.0/8'] },
  });
  const both = [dial(stand), dial(stand)];
  await until('both greetings', () => both.every(({ heard }) => heard().startsWith('SSH-2.0-')));
  assert.equal(stand.log.named('connection dropped').length, 0);
  for (const { socket } of both) socket.destroy();
});

test('a client that does not sign in within the grace reads why it is disconnected', async () => {
  await using stand = await Stand.open({ ssh: { loginGraceS: 0.2 } });
  const { closed, heard } = dial(stand, ident);
  await within('the end', closed);
  assert.match(heard(), /hatchery: no sign-in in time; connect again/);
  await until('it is counted', () => stand.log.named('sign-in refused').length === 1);
  const cause = 'hatchery_ssh_connections_closed_total{cause="login-timeout",signed_in="false"}';
  assert.equal(await metricOf(stand, cause), 1);
});

test('a completely silent connection is ended with a message; one that answers keepalives is not', async () => {
  await using stand = await Stand.open({
    ssh: { idleTimeoutS: 0.5 },
    limits: { keepaliveIntervalMs: 100, keepaliveCountMax: 1000 },
  });
  const client = stand.startSsh([serveLine]);
  const { raw, client: silent, closed } = await signIn(stand.alice);
  // ssh2's own client answers keepalives too, unless nothing reaches it.
  raw._sock.pause();
  silent.on('error', () => {});
  await until('the end of the silent one', () =>
    stand.log.named('connection closed').some(({ fields }) => fields['cause'] === 'silence'),
  );
  await delay(1_000);
  client.process.stdin?.end('still here');
  assert.equal((await within('ssh to end', client.result)).stdout.toString(), 'still here');
  raw._sock.destroy();
  await within('the close', closed);
});

test('trap L: keepalives detect a client that disappeared', async () => {
  await using stand = await Stand.open({ limits: { keepaliveIntervalMs: 50 } });
  const { raw, closed } = await signIn(stand.alice);
  raw._sock.pause();
  await until('the end', () => stand.log.named('connection closed').length === 1);
  assert.match(
    String((await stand.log.heard('connection closed')).fields['reason']),
    /[Kk]eepalive/,
  );
  raw._sock.destroy();
  await within('the close', closed);
});

const behind = (proxyFrom: string[]): { ssh: Partial<Stand['config']['ssh']> } => ({
  ssh: { proxyProtocol: 'require', proxyFrom },
});

test('behind a balancer the client’s own address is the peer, in the log and for limits', async () => {
  await using stand = await Stand.open(behind(['127.0.0.1/32']));
  const { socket, heard } = dial(stand, `PROXY TCP4 192.0.2.7 127.0.0.1 50022 22\r\n${ident}`);
  await until('the greeting', () => heard().startsWith('SSH-2.0-hatchery'));
  socket.destroy();
  await until('the log', () => stand.log.named('sign-in refused').length === 1);
  assert.equal((await stand.log.heard('sign-in refused')).fields['peer'], '192.0.2.7:50022');
});

test('behind a balancer a key’s source restriction applies to the client’s own address', async () => {
  await using stand = await Stand.open(behind(['127.0.0.1/32']));
  const bob = { ...stand.alice, user: 'bob', key: makeKey(stand.directory, 'bob') };
  stand.authorize('bob', bob.key, 'from="192.0.2.0/24" ');
  const from = async (address: string): ReturnType<typeof signIn> => {
    const socket = connect(stand.port, '127.0.0.1');
    await within('the connection', new Promise<void>((resolve) => socket.once('connect', resolve)));
    socket.write(`PROXY TCP4 ${address} 127.0.0.1 50022 22\r\n`);
    return signIn(bob, socket);
  };
  const { client, closed } = await from('192.0.2.7');
  client.end();
  await within('the close', closed);
  await assert.rejects(from('198.51.100.7'), /All configured authentication methods failed/);
  await until('the log', () => stand.log.named('sign-in refused').length === 1);
  const { fields } = stand.log.named('sign-in refused')[0] ?? {};
  assert.equal(
    (fields?.['lastRefusal'] as { reason: string }).reason,
    'the key is not for this source address',
  );
});

test('a version 2 header in pieces works, with the client’s first bytes right behind it', async () => {
  await using stand = await Stand.open(behind(['127.0.0.0/8']));
  const header = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207c6336402c3660016', 'hex');
  const { socket, heard } = dial(stand);
  for (const byte of header.subarray(0, 20)) socket.write(Buffer.from([byte]));
  await delay(20);
  socket.write(Buffer.concat([header.subarray(20), Buffer.from(ident)]));
  await until('the greeting', () => heard().startsWith('SSH-2.0-hatchery'));
  socket.destroy();
  await until('the log', () => stand.log.named('sign-in refused').length === 1);
  assert.equal((await stand.log.heard('sign-in refused')).fields['peer'], '192.0.2.7:50022');
});

test('a balancer’s health check stands for itself', async () => {
  await using stand = await Stand.open(behind(['127.0.0.0/8']));
  const { socket, heard } = dial(stand, Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'));
  await until('the greeting', () => heard().startsWith('SSH-2.0-hatchery'));
  socket.destroy();
});

for (const [what, proxyFrom, first, reason] of [
  ['no header', ['127.0.0.0/8'], ident, 'proxy-header'],
  ['silence', ['127.0.0.0/8'], '', 'proxy-header'],
  ['half a header', ['127.0.0.0/8'], 'PROXY TCP4 192.0.2.7', 'proxy-header'],
  [
    'anybody else’s header',
    ['10.0.0.0/8'],
    'PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n',
    'not-a-balancer',
  ],
] as const) {
  test(`behind a balancer ${what} is refused without a message`, async () => {
    await using stand = await Stand.open({
      ...behind([...proxyFrom]),
      limits: { proxyDeadlineMs: 100 },
    });
    const { closed, heard } = dial(stand, first);
    await within('the end', closed);
    assert.equal(heard(), '');
    assert.equal(
      await metricOf(stand, `hatchery_ssh_connections_refused_total{reason="${reason}"}`),
      1,
    );
  });
}

test('a user who signs in but asks for no session is disconnected after the grace; one with a session is not', async () => {
  await using stand = await Stand.open({ ssh: { loginGraceS: 0.5 } });
  const idle = await signIn(stand.alice);
  const used = await signIn(stand.alice);
  await new Promise<void>((resolve, reject) => {
    used.client.exec(serveLine, (error) => (error ? reject(error) : resolve()));
  });
  await within(
    'the end',
    new Promise<void>((resolve) => idle.client.once('close', () => resolve())),
  );
  const cause = 'hatchery_ssh_connections_closed_total{cause="unused",signed_in="true"}';
  assert.equal(await metricOf(stand, cause), 1);
  assert.equal(stand.log.named('connection closed').length, 1);
  used.client.end();
});

import assert from 'node:assert/strict';
import { symlinkSync, mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { serveLine } from '../../testing/clients.ts';
import { until, within } from '@hatchery/testkit';
import { signIn } from '../../testing/ssh2-client.ts';
import { Stand } from '../../testing/stand.ts';

/** A TCP connection that sends what a test gives it. */
function dial(
  stand: Stand,
  says = '',
): { socket: Socket; heard: () => string; closed: Promise<void> } {
  const socket = connect({ host: '127.0.0.1', port: stand.port, allowHalfOpen: true });
  let heard = '';
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1'))).on('error', () => {});
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => resolve()).once('end', () => resolve(void socket.destroy())),
  );
  socket.write(says);
  return { socket, heard: () => heard, closed };
}

function reasons(stand: Stand): unknown[] {
  return stand.log.named('sign-in refused').map(({ fields }) => fields['reason']);
}

test('trap G: a client that sends nothing is disconnected', async () => {
  await using stand = await Stand.open({ limits: { identDeadlineMs: 50 } });
  await within('the end', dial(stand).closed);
  await until('the log', () => reasons(stand).length === 1);
  assert.deepEqual(reasons(stand), ['no identification in time']);
});

test('trap G: a client that identifies itself and never signs in is disconnected', async () => {
  await using stand = await Stand.open({ ssh: { loginGraceS: 0.1 } });
  await within('the end', dial(stand, 'SSH-2.0-slow\r\n').closed);
  await until('the log', () => reasons(stand).length === 1);
  assert.deepEqual(reasons(stand), ['no sign-in in time; connect again']);
});

test('trap G: a session longer than the login grace continues', async () => {
  await using stand = await Stand.open({
    ssh: { loginGraceS: 1 },
    limits: { identDeadlineMs: 500 },
  });
  const client = stand.startSsh([serveLine]);
  await until('the session', () => stand.log.named('session opened').length === 1);
  await delay(1200);
  client.process.stdin?.end('still here');
  const { code, stdout } = await within('ssh to end', client.result);
  assert.deepEqual([code, stdout.toString()], [0, 'still here']);
});

for (const [what, says] of [
  ['no SSH at all', 'GET / HTTP/1.1\r\n\r\n'],
  ['SSH 1', 'SSH-1.5-old\r\n'],
  ['an endless identification', 'SSH-2.0-'.padEnd(100_000, 'x')],
  ['garbage after the identification', `SSH-2.0-x\r\n${'\xff'.repeat(1000)}`],
  ['a packet of a gigabyte', 'SSH-2.0-x\r\n\x40\x00\x00\x00'],
] as const) {
  test(`trap H: ${what} closes the connection, and others continue`, async () => {
    await using stand = await Stand.open();
    await within('the end', dial(stand, says).closed);
    await until('the log', () => reasons(stand).length === 1);
    assert.equal((await stand.ssh(['rm'], '')).code, 1);
  });
}

test('trap H: a damaged packet in the middle of a session destroys the connection, and its child gets an end of file', async () => {
  await using stand = await Stand.open();
  const { client, raw, closed } = await signIn(stand.alice);
  client.exec(serveLine, () => {});
  await until('the session', () => stand.log.named('session opened').length === 1);
  raw._sock.write(Buffer.alloc(256, 7));
  await within('the end', closed);
  await until('the session’s end', () => stand.log.named('session closed').length === 1);
  assert.match(
    String((await stand.log.heard('session closed')).fields['reason']),
    /^connection lost: protocol: /,
  );
  await until('the child’s end', () => stand.forks.livingChildren === 0);
  assert.deepEqual(stand.forks.signals, []);
});

test('trap H: a failure of the gateway itself is logged as an error under its own name, not as the client’s fault', async () => {
  await using stand = await Stand.open();
  const { lines } = stand.log;
  // A log that fails stands for any failure in one of our handlers.
  lines.push = (line) => {
    if (line.message === 'signed in')
      throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
    return Array.prototype.push.call(lines, line);
  };
  await assert.rejects(signIn(stand.alice));
  const [line] = stand.log.named('connection handler failed');
  assert.equal(line?.level, 'error');
  assert.equal((line?.fields['err'] as NodeJS.ErrnoException).code, 'ENOSPC');
  lines.length = 0;
});

test('trap H: one user’s unreadable files are no failure of the gateway, and give the refusal of a wrong key', async () => {
  await using stand = await Stand.open();
  mkdirSync(join(stand.config.ssh.usersDirectory, 'loop'));
  symlinkSync('authorized_keys', join(stand.config.ssh.usersDirectory, 'loop', 'authorized_keys'));
  await assert.rejects(signIn({ ...stand.alice, user: 'loop' }));
  assert.deepEqual(stand.log.named('connection handler failed'), []);
  stand.log.lines.length = 0;
});

test('too many unauthenticated connections are dropped with a message; a signed-in one does not count', async () => {
  await using stand = await Stand.open({
    ssh: { startupsMax: { start: 1, ratePercent: 100, full: 1 } },
  });
  const { client } = await signIn(stand.alice);
  const first = dial(stand);
  await until('the greeting', () => first.heard() !== '');
  const second = dial(stand);
  await within('the end', second.closed);
  assert.match(second.heard(), /hatchery: Exceeded MaxStartups; .* try again in a minute/);
  assert.equal(stand.log.named('connection dropped').length, 1);
  first.socket.destroy();
  await until('the first to be gone', () => stand.log.named('sign-in refused').length === 1);
  assert.equal((await stand.ssh(['rm'], '')).code, 1);
  client.end();
});

test('the number of connections is limited', async () => {
  await using stand = await Stand.open({ limits: { connectionsMax: 1 } });
  const { client } = await signIn(stand.alice);
  const second = dial(stand);
  await within('the end', second.closed);
  assert.match(second.heard(), /hatchery: Too many connections; try again in a minute/);
  client.end();
});

test('trap E: a client that disappears without an SSH message ends its session too', async () => {
  await using stand = await Stand.open();
  const { client, raw } = await signIn(stand.alice);
  client.exec(serveLine, () => {});
  await until('the session', () => stand.log.named('session opened').length === 1);
  raw._sock.resetAndDestroy();
  await until('the session’s end', () => stand.log.named('session closed').length === 1);
  await until('the child’s end', () => stand.forks.livingChildren === 0);
});

test('trap L: a key exchange in the middle of a transfer loses no data', async () => {
  await using stand = await Stand.open({ limits: { rekeyBytes: 1024 * 1024 } });
  const sent = Buffer.alloc(20 * 1024 * 1024, 'rekey');
  const { code, stdout, stderr } = await stand.ssh([serveLine], sent, ['-v']);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.equals(sent), true);
  assert.ok(
    (stderr.match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0) > 5,
    'the keys changed several times',
  );
});

test('trap L: old keys are replaced while the child writes nothing, and the session continues', async () => {
  await using stand = await Stand.open({ limits: { rekeyMs: 50 } });
  const client = stand.startSsh([serveLine], ['-v']);
  const exchanges = (): number => client.stderr.match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0;
  await until('the third exchange', () => exchanges() >= 3);
  client.process.stdin?.end('still here');
  const { code, stdout } = await within('ssh to end', client.result);
  assert.deepEqual([code, stdout.toString()], [0, 'still here']);
});

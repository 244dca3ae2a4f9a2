// Long: a test for each attack on one connection.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until, within } from '@hatchery/testkit';
import { run, RunningClient, serveLine, sshArguments } from '../../testing/clients.ts';
import { metricOf } from '../../testing/control.ts';
import { exec, signIn, type RawChannel } from '../../testing/ssh2-client.ts';
import { Stand } from '../../testing/stand.ts';

const wide = {
  startupsMax: { start: 2000, ratePercent: 30, full: 3000 },
  startupsPerSourceMax: 3000,
};

function dial(stand: Stand, bytes: Buffer): Promise<void> {
  const socket = connect(stand.port, '127.0.0.1');
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {}).resume();
  socket.end(bytes);
  return within('the end', closed);
}

/** Whether a decent client is still served. */
async function assertServes(stand: Stand): Promise<void> {
  const { code, stdout, stderr } = await stand.ssh([serveLine], 'hello');
  assert.deepEqual([code, stdout.toString()], [0, 'hello'], stderr);
}

test('random bytes, with or without an identification before them, only close their connection', async () => {
  await using stand = await Stand.open({ ssh: wide });
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      Array.from({ length: 20 }, (_, number) => {
        const noise = randomBytes(1 + 97 * number);
        return dial(
          stand,
          number % 2 === 0 ? noise : Buffer.concat([Buffer.from('SSH-2.0-noise\r\n'), noise]),
        );
      }),
    );
  }
  await assertServes(stand);
  assert.equal(await metricOf(stand, 'hatchery_ssh_unauthenticated'), 0);
});

/** Stands between ssh and the gateway and changes the client's bytes. */
async function withMiddleman(
  stand: Stand,
  change: (bytes: Buffer, at: number) => Buffer | null,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const middle = createServer((client) => {
    const server = connect(stand.port, '127.0.0.1');
    let at = 0;
    for (const socket of [client, server]) {
      sockets.add(socket.on('error', () => {}));
      socket.on('close', () => void [client.destroy(), server.destroy()]);
    }
    client.on('data', (bytes: Buffer) => {
      const changed = change(bytes, at);
      at += bytes.length;
      if (changed === null) server.destroy();
      else server.write(changed);
    });
    server.pipe(client);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => middle.once('listening', resolve));
  try {
    await use((middle.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => middle.close(resolve));
  }
}

test('a handshake with one flipped bit opens no session, unless the bit was in padding that no hash covers', async () => {
  await using stand = await Stand.open({ ssh: { ...wide, loginGraceS: 2 } });
  for (const target of [30, 60, 700, 1400, 1500, 1560, 1600, 1700, 1800, 1900, 2000]) {
    const flip = (bytes: Buffer, at: number): Buffer => {
      const changed = Buffer.from(bytes);
      if (target >= at && target < at + bytes.length)
        changed[target - at] = (changed[target - at] ?? 0) ^ 1;
      return changed;
    };
    await withMiddleman(stand, flip, async (port) => {
      const argv = [...sshArguments({ ...stand.alice, port }), serveLine];
      const { code, stdout } = await run('/usr/bin/ssh', argv, 'hello');
      // Packets before the new keys have at least four bytes of padding, which no hash covers (RFC
      // 4253 6 and 8).
      const wasPadding = target < 1700 && code === 0 && stdout.toString() === 'hello';
      assert.ok(code === 255 || wasPadding, `bit at ${target}`);
    });
  }
  await assertServes(stand);
});

test('a client cut off at any byte of handshake, sign-in or session leaves nothing behind', async () => {
  await using stand = await Stand.open({
    ssh: wide,
    limits: { childFinishMs: 20, childHangupMs: 20 },
  });
  for (let target = 0; target < 3600; target += 300) {
    const cut = (bytes: Buffer, at: number): Buffer | null =>
      target < at + bytes.length ? null : bytes;
    await withMiddleman(stand, cut, async (port) => {
      const argv = [...sshArguments({ ...stand.alice, port }), serveLine];
      const client = new RunningClient('/usr/bin/ssh', argv);
      client.process.stdin?.write(Buffer.alloc(1000));
      assert.equal((await within('ssh to end', client.result)).code, 255, `cut at ${target}`);
    });
  }
  await until('all children to be gone', () => stand.forks.livingChildren === 0);
  await assertServes(stand);
});

test('trap G: a handshake of one byte at a time ends with the login grace', async () => {
  await using stand = await Stand.open({ ssh: { ...wide, loginGraceS: 1 } });
  const socket = connect(stand.port, '127.0.0.1').on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.resume();
  let over = false;
  void closed.then(() => (over = true));
  const slow = Buffer.concat([
    Buffer.from('SSH-2.0-slow\r\n'),
    Buffer.from([0, 0, 4, 0xfc, 10, 20]),
    Buffer.alloc(1000),
  ]);
  for (const byte of slow) {
    if (over) break;
    socket.write(Buffer.from([byte]));
    await delay(10);
  }
  await within('the end', closed);
  assert.equal((await stand.log.heard('sign-in refused')).fields['cause'], 'login-timeout');
});

test('an identification in many pieces works like one in a single piece', async () => {
  await using stand = await Stand.open({ limits: { firstReplyHeldMsMax: 1 } });
  const socket = connect(stand.port, '127.0.0.1')
    .setNoDelay(true)
    .on('error', () => {});
  let heard = 0;
  socket.on('data', (bytes: Buffer) => (heard += bytes.length));
  for (const piece of ['S', 'SH', '-2', '.0', '-pie', 'ces\r', '\n']) {
    socket.write(piece);
    await delay(20);
  }
  await until('our part of the key exchange', () => heard > 300);
  socket.destroy();
});

test('trap G: a thousand silent connections keep others out no longer than their deadline, and cost nothing afterwards', async () => {
  await using stand = await Stand.open({ ssh: wide, limits: { identDeadlineMs: 2_000 } });
  const silent = Array.from({ length: 1000 }, () =>
    connect(stand.port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  );
  const closed = Promise.all(
    silent.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
  );
  await until('all greetings', () => silent.every(({ bytesRead }) => bytesRead > 0));
  await assertServes(stand);
  await within('all to be sent away', closed, 60_000);
  assert.equal(await metricOf(stand, 'hatchery_ssh_connections'), 0);
  const cause = 'hatchery_ssh_connections_closed_total{cause="ident-timeout",signed_in="false"}';
  assert.equal(await metricOf(stand, cause), 1000);
});

test('an exec line of thirty kilobytes is refused with a message, and the log has only its beginning', async () => {
  await using stand = await Stand.open();
  const { client } = await signIn(stand.alice);
  const channel = await exec(client, `bzr ${'x'.repeat(30_000)}`);
  let said = '';
  channel.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  await within('the close', new Promise((resolve) => channel.resume().once('close', resolve)));
  assert.match(
    said,
    /^hatchery: the command is longer than 8192 bytes: .*; use: brz branch bzr\+ssh:\/\/…\n$/,
  );
  assert.equal(stand.log.named('session refused').length, 1);
  for (const { fields } of stand.log.lines) assert.ok(JSON.stringify(fields).length < 1000);
  client.end();
});

test('an exec line longer than any packet ends the connection with a message, which the client receives first', async () => {
  await using stand = await Stand.open();
  // Two, because the system accepts no argument of 128 KiB.
  const { code, stderr } = await stand.ssh(['x'.repeat(100_000), 'x'.repeat(100_000)], '');
  assert.equal(code, 255);
  assert.match(
    stderr,
    /: hatchery: a command in a packet longer than 35000 bytes is not taken: .*; use: brz branch/,
  );
  const { fields } = await stand.log.heard('connection closed');
  assert.deepEqual(
    [fields['cause'], fields['reason']],
    ['protocol', 'protocol: Bad packet length'],
  );
  await assertServes(stand);
});

test('a packet that claims two gigabytes is not buffered, and is drained without a reset, which would lose the goodbye', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 60_000 } });
  const { raw, closed } = await signIn(stand.alice);
  const socket = raw._sock.removeAllListeners('data').resume();
  socket.allowHalfOpen = true;
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  socket.write(Buffer.from('7ffffff0', 'hex'));
  for (let part = 0; part < 50; part++) {
    socket.write(randomBytes(20_000));
    await delay(2);
  }
  // The gateway runs in this process.
  assert.ok(process.memoryUsage().arrayBuffers < 2 ** 30);
  socket.end();
  await within('the end', closed);
  assert.deepEqual(errors, []);
  assert.match(
    String((await stand.log.heard('connection closed')).fields['reason']),
    /^protocol: Bad packet length/,
  );
  assert.equal(stand.log.named('connection handler failed').length, 0);
});

test('a flood of variables is refused one by one, none reaches the child, and the log has the first few', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'env';
  const settings = Array.from(
    { length: 200 },
    (_, number) => `FLOOD_${'x'.repeat(200)}_${number}=${'y'.repeat(200)}`,
  );
  const { code, stdout } = await stand.ssh([serveLine], '', ['-o', `SetEnv=${settings.join(' ')}`]);
  assert.equal(code, 0);
  assert.doesNotMatch(stdout.toString(), /FLOOD/);
  const told = stand.log
    .named('channel request refused')
    .map(({ fields }) => String(fields['what']));
  assert.equal(told.length, 10);
  for (const what of told) assert.ok(what.startsWith('env FLOOD_x') && what.length <= 80, what);
});

test('trap I: data before exec is dropped, and data after it belongs to the session', async () => {
  await using stand = await Stand.open();
  const { client, raw } = await signIn(stand.alice);
  const opened = Promise.withResolvers<RawChannel & NodeJS.ReadableStream>();
  const id = raw._chanMgr.add((error, channel) =>
    error ? opened.reject(error) : opened.resolve(channel as RawChannel & NodeJS.ReadableStream),
  );
  raw._protocol.session(id, 2 ** 21, 32_768);
  const channel = await within('the channel', opened.promise);
  raw._protocol.channelData(channel.outgoing.id, Buffer.from('too early'));
  raw._protocol.exec(channel.outgoing.id, serveLine, false);
  await until('the session', () => stand.log.named('session opened').length === 1);
  const echoed = new Promise<string>((resolve) =>
    channel.once('data', (bytes) => resolve(String(bytes))),
  );
  raw._protocol.channelData(channel.outgoing.id, Buffer.from('in time'));
  assert.equal(await within('the echo', echoed), 'in time');
  client.end();
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { run, serveLine, sshArguments } from '../../../testing/clients.ts';
import { until, within } from '@hatchery/testkit';
import { exec, signIn, type RawChannel, type RawClient } from '../../../testing/ssh2-client.ts';
import { Stand } from '../../../testing/stand.ts';

test('several sessions of one connection are independent', async () => {
  await using stand = await Stand.open();
  const { client } = await signIn(stand.alice);
  const [one, two] = [await exec(client, serveLine), await exec(client, serveLine)];
  const heard = ['', ''];
  one.on('data', (bytes: Buffer) => (heard[0] += bytes.toString()));
  two.on('data', (bytes: Buffer) => (heard[1] += bytes.toString()));
  const closed = new Promise((resolve) => one.once('close', resolve));
  two.write('two');
  one.end('one');
  await within('the first to close', closed);
  await until('the second’s bytes', () => heard[1] === 'two');
  assert.deepEqual(heard, ['one', 'two']);
  assert.equal(stand.forks.livingChildren, 1);
  client.end();
});

test('a client that closes a channel but stays connected ends that session', async () => {
  await using stand = await Stand.open();
  const { client } = await signIn(stand.alice);
  (await exec(client, serveLine)).close();
  await until('the session’s end', () => stand.log.named('session closed').length === 1);
  assert.equal(
    (await stand.log.heard('session closed')).fields['reason'],
    'client closed the channel',
  );
  const next = await exec(client, serveLine);
  next.end('x');
  await within('the next to close', new Promise((resolve) => next.resume().once('close', resolve)));
  client.end();
});

test('trap I: a second exec on a channel gets a failure, and the first continues', async () => {
  await using stand = await Stand.open();
  const { client, raw } = await signIn(stand.alice);
  const channel = await exec(client, serveLine);
  const failed = new Promise<boolean>((resolve) =>
    (channel as unknown as RawChannel)._callbacks.push(resolve),
  );
  raw._protocol.exec((channel as unknown as RawChannel).outgoing.id, serveLine, true);
  assert.equal(await within('an answer', failed), true);
  const echoed = new Promise<string>((resolve) =>
    channel.once('data', (bytes: Buffer) => resolve(bytes.toString())),
  );
  channel.write('first');
  assert.equal(await within('the echo', echoed), 'first');
  assert.equal(stand.forks.children.size, 1);
  client.end();
});

test('trap I: an exec line that is not UTF-8 is refused', async () => {
  await using stand = await Stand.open();
  const script = 'exec "$@" "$(printf "bzr serve --inet --directory=/ --allow-writes \\377")"';
  const { code, stderr } = await run(
    '/bin/sh',
    ['-c', script, 'sh', '/usr/bin/ssh', ...sshArguments(stand.alice)],
    '',
  );
  assert.equal(code, 1);
  assert.match(stderr, /hatchery: the command holds control characters or is not UTF-8/);
});

test('a channel closed before it was used is closed from our side too, and no longer counts', async () => {
  await using stand = await Stand.open({ limits: { channelsPerConnectionMax: 1 } });
  const { client, raw } = await signIn(stand.alice);
  for (let time = 0; time < 3; time++) {
    const opened = Promise.withResolvers<NodeJS.EventEmitter & { close(): void; resume(): void }>();
    const id = raw._chanMgr.add((error, channel) =>
      error ? opened.reject(error) : opened.resolve(channel as never),
    );
    raw._protocol.session(id, 2 ** 21, 32_768);
    const channel = await within('the channel', opened.promise);
    const closed = new Promise((resolve) => channel.once('close', resolve));
    channel.resume();
    channel.close();
    await within('the close', closed);
  }
  client.end();
});

test('the eleventh channel is refused until another one closes', async () => {
  await using stand = await Stand.open();
  const { client } = await signIn(stand.alice);
  const channels = [];
  for (let number = 0; number < 10; number++) channels.push(await exec(client, serveLine));
  await assert.rejects(
    exec(client, serveLine),
    /Channel open failure: hatchery: more than 10 channels; close one, or open another connection/,
  );
  channels[0]?.close();
  await until('one to end', () => stand.log.named('session closed').length === 1);
  await assert.doesNotReject(exec(client, serveLine));
  client.end();
});

test('a packet size of zero, at which ssh2 would loop for ever, ends the connection', async () => {
  await using stand = await Stand.open();
  const { raw, closed } = await signIn(stand.alice);
  raw._protocol.session(
    raw._chanMgr.add(() => {}),
    2 ** 21,
    0,
  );
  await within('the end', closed);
  assert.match(
    String((await stand.log.heard('connection closed')).fields['reason']),
    /a packet size of 0 bytes/,
  );
});

test('trap D: a client that sends past its window is cut off, and its child gets an end of file', async () => {
  await using stand = await Stand.open();
  stand.forks.script = 'sleep 0.5; cat >/dev/null';
  const { client, raw, closed } = await signIn(stand.alice);
  const channel = (await exec(client, serveLine)) as unknown as RawChannel;
  await until('the session', () => stand.log.named('session opened').length === 1);
  for (let sent = 0; sent < 8 * 1024 * 1024; sent += 32_768)
    raw._protocol.channelData(channel.outgoing.id, Buffer.alloc(32_768));
  await within('the end', closed);
  assert.match(
    String((await stand.log.heard('connection closed')).fields['reason']),
    /more data than the window allows/,
  );
});

for (const [how, stall] of [
  ['does not read its socket', () => {}],
  ['begins a key exchange and does not continue it', (raw: RawClient) => raw._protocol.rekey()],
] as const) {
  test(`trap D: a client with a huge window that ${how} stops its child`, async () => {
    await using stand = await Stand.open({ limits: { childFinishMs: 10 } });
    const progress = join(stand.directory, 'progress');
    stand.forks.script = `read go; i=0; while [ $i -lt 2000 ]; do head -c 65536 /dev/zero; i=$((i+1)); echo $i >>${progress}; done`;
    const { client, raw } = await signIn(stand.alice);
    const channel = await exec(client, serveLine);
    raw._protocol.channelWindowAdjust((channel as unknown as RawChannel).outgoing.id, 2 ** 30);
    channel.write('go\n');
    stall(raw);
    raw._sock.pause();
    await until('some progress', () => existsSync(progress));
    let [last, same] = [-1, 0];
    while (same < 20) {
      await delay(50);
      const now = readFileSync(progress, 'utf8').length;
      same = now === last ? same + 1 : 0;
      last = now;
    }
    const written = readFileSync(progress, 'utf8').split('\n').length - 1;
    // One megabyte in the socket, and the kernel's buffers for both ends of a loopback connection.
    assert.ok(written * 65_536 < 40 * 1024 * 1024, `${written} times 64 KiB of 2000`);
    raw._sock.destroy();
    client.end();
  });
}

test('trap D: a client that keeps sending requests while it holds up a key exchange is cut off', async () => {
  await using stand = await Stand.open({ limits: { queuedPacketsMax: 1000, rekeyBytes: 1 } });
  const { raw } = await signIn(stand.alice);
  // It never answers the key exchange that the gateway starts.
  raw._sock.pause();
  const over = (): boolean => stand.log.named('connection closed').length === 1;
  for (let round = 0; round < 2000 && !over(); round++) {
    for (let ping = 0; ping < 100 && !raw._sock.destroyed; ping++) raw._protocol.ping();
    await delay(1);
  }
  await until('the end', over);
  assert.equal(
    (await stand.log.heard('connection closed')).fields['reason'],
    'client does not read',
  );
  raw._sock.destroy();
});

test('trap D: a client that keeps sending requests and never reads the answers is cut off', async () => {
  await using stand = await Stand.open({ limits: { socketBufferBytesMax: 64 * 1024 } });
  const { raw } = await signIn(stand.alice);
  raw._sock.pause();
  const over = (): boolean => stand.log.named('connection closed').length === 1;
  for (let round = 0; round < 2000 && !over(); round++) {
    for (let ping = 0; ping < 500 && !raw._sock.destroyed; ping++) raw._protocol.ping();
    await delay(1);
  }
  await until('the end', over);
  assert.equal(
    (await stand.log.heard('connection closed')).fields['reason'],
    'client does not read',
  );
  raw._sock.destroy();
});

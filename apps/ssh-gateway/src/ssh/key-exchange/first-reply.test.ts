import assert from 'node:assert/strict';
import { connect, Socket } from 'node:net';
import { mock, test } from 'node:test';
import { until } from '@hatchery/testkit';
import { Stand } from '../../../testing/stand.ts';

/** SSH_MSG_KEXINIT (RFC 4253 7.1). */
const kexinit = 20;

/** A client that has identified itself and sends nothing more on its own. */
async function identified(
  stand: Stand,
): Promise<{ socket: ReturnType<typeof connect>; packets: () => number }> {
  const socket = connect(stand.port, '127.0.0.1');
  let heard = Buffer.alloc(0);
  socket
    .on('data', (bytes: Buffer) => (heard = Buffer.concat([heard, bytes])))
    .on('error', () => {});
  await until('the greeting', () => heard.includes('\r\n'));
  const greeting = heard.indexOf('\r\n') + 2;
  socket.write('SSH-2.0-quiet\r\n');
  return { socket, packets: () => (heard[greeting + 5] === kexinit ? heard.length - greeting : 0) };
}

test('trap F: Nagle’s algorithm is off on accepted sockets', async () => {
  await using stand = await Stand.open();
  const set = mock.method(Socket.prototype, 'setNoDelay');
  try {
    const socket = connect(stand.port, '127.0.0.1').resume();
    await until('the accept', () => set.mock.calls.length > 0);
    const [call] = set.mock.calls;
    assert.deepEqual([(call?.this as Socket).localPort, call?.arguments[0]], [stand.port, true]);
    socket.destroy();
  } finally {
    set.mock.restore();
  }
});

test('trap F: our first packet waits for the client’s, and is sent when that has arrived', async () => {
  await using stand = await Stand.open({ limits: { firstReplyHeldMsMax: 60_000 } });
  const { socket, packets } = await identified(stand);
  // This client gets to the refusal only because its packet released ours.
  assert.equal((await stand.ssh(['rm'], '')).code, 1);
  assert.equal(packets(), 0);
  socket.destroy();
});

test('trap F: a client that waits for our first packet gets it after a moment', async () => {
  await using stand = await Stand.open({ limits: { firstReplyHeldMsMax: 50 } });
  const { socket, packets } = await identified(stand);
  await until('our packet', () => packets() > 0);
  socket.destroy();
});

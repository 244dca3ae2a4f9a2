import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { RawClient, temporaryDirectory, until, within } from '@hatchery/testkit';
import { leaveLookMs } from '../limits.ts';
import { LeaveWatch } from './requester.ts';

/** A client and the service's end of its connection, the client's request read. */
async function connected(
  story: (client: RawClient, watch: LeaveWatch, socket: Socket) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'socket');
  const server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, 'listening');
  const connection = once(server, 'connection') as Promise<[Socket]>;
  using client = await RawClient.connect(path);
  const [socket] = await connection;
  socket.on('error', () => undefined).resume();
  try {
    using watch = new LeaveWatch(socket);
    await story(client, watch, socket);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('a requester', () => {
  it('that closes its connection has left', async () => {
    await connected(async (client, watch) => {
      client[Symbol.dispose]();
      await until('the leaving', () => watch.left.aborted);
    });
  });

  it('that sends no more has not left, until it does, and reads nothing of our looking', async () => {
    await connected(async (client, watch, socket) => {
      client.endSending();
      await within('the end', once(socket, 'end'));
      await new Promise((resolve) => setTimeout(resolve, 3 * leaveLookMs));
      assert.equal(watch.left.aborted, false);
      assert.equal(client.text, '');
      client[Symbol.dispose]();
      await until('the leaving', () => watch.left.aborted);
    });
  });

  it('that had sent its end before anybody looked is looked at all the same', async () => {
    await connected(async (client, watch, socket) => {
      watch[Symbol.dispose]();
      client.endSending();
      await within('the end', once(socket, 'end'));
      using late = new LeaveWatch(socket);
      client[Symbol.dispose]();
      await until('the leaving', () => late.left.aborted);
    });
  });

  it('is not looked at any more once it has an answer', async () => {
    await connected(async (client, watch, socket) => {
      watch[Symbol.dispose]();
      client[Symbol.dispose]();
      await within('the end', once(socket, 'end'));
      socket.destroy();
      await within('the close', once(socket, 'close'));
      assert.equal(watch.left.aborted, false);
    });
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { describePeer, peerOf } from './peer.ts';

test('who is at the other end of a connection is known from the kernel, also when it is closed at once', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'socket');
  const server = createServer().listen(path);
  const client = connect({ path });
  const [socket] = (await once(server, 'connection')) as [Socket];
  const asked = peerOf(socket);
  socket.destroy();
  client.destroy();
  server.close();
  const peer = await asked;
  assert.deepEqual([peer?.pid, peer?.uid], [process.pid, process.getuid?.()]);
  assert.match(describePeer(peer ?? assert.fail()), /^uid \d+, pid \d+, \S+/);
  assert.equal(await peerOf(socket), null, 'of a connection that is closed nobody knows');
});

test('a peer whose process has ended is told without its program', () => {
  assert.equal(describePeer({ pid: 7, uid: 0, program: null }), 'uid 0, pid 7');
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ask, RawClient } from './raw-client.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Serves every connection with `serve` while `story` runs. */
async function serving(
  serve: (socket: Socket) => void,
  story: (path: string) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'socket');
  const server: Server = createServer({ allowHalfOpen: true }, serve).listen(path);
  await once(server, 'listening');
  try {
    await story(path);
  } finally {
    server.close();
  }
}

describe('RawClient', () => {
  it('shows bytes as they are', async () => {
    await serving(
      (socket) => socket.end(Buffer.of(0x00, 0xff, 0x0a)),
      async (path) => assert.equal(await ask(path), '\x00\xff\n'),
    );
  });

  it('sends EOF, and continues reading', async () => {
    await serving(
      (socket) => socket.resume().on('end', () => socket.end('heard')),
      async (path) => {
        using client = await RawClient.connect(path);
        client.endSending();
        assert.equal(await client.readToEnd(), 'heard');
      },
    );
  });

  it('reports what arrived when the service closes before the awaited text', async () => {
    await serving(
      (socket) => socket.end('some'),
      async (path) => {
        using client = await RawClient.connect(path);
        await assert.rejects(client.read(/more/), /the service closed after "some"/);
      },
    );
  });

  it('rejects when no process listens', async () => {
    using directory = temporaryDirectory();
    await assert.rejects(RawClient.connect(join(directory.path, 'none')), { code: 'ENOENT' });
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Request } from '@hatchery/protocol';
import { ask, RawClient, temporaryDirectory, until, within } from '@hatchery/testkit';
import { takeRequest, type Reply, type RequestHandler } from './request-connection.ts';

/** Serves every connection of a socket with `handle` while `story` runs. */
async function serving(
  handle: RequestHandler,
  story: (path: string, connections: () => Promise<number>) => Promise<void>,
  requestTimeoutMs = 30_000,
): Promise<void> {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'socket');
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    takeRequest(socket, requestTimeoutMs, handle),
  );
  server.listen(path);
  await once(server, 'listening');
  const count = async (): Promise<number> =>
    new Promise((resolve, reject) =>
      server.getConnections((error, open) => (error ? reject(error) : resolve(open))),
    );
  try {
    await story(path, count);
    await until('every connection to be closed', async () => (await count()) === 0);
  } finally {
    server.close();
  }
}

const answerAlive: RequestHandler = (_request, reply) => reply({ kind: 'alive' }, { last: true });
const refuseAll: RequestHandler = () => assert.fail('there was no request');

describe('takeRequest', () => {
  it('hands one request over, sends its answer and closes', async () => {
    const requests: Request[] = [];
    await serving(
      (request, reply, requester) => {
        requests.push(request);
        answerAlive(request, reply, requester);
      },
      async (path) => assert.equal(await ask(path, 'hel', 'lo\r\n'), 'ok\nyep, still alive\n'),
    );
    assert.deepEqual(requests, [{ kind: 'hello' }]);
  });

  it('takes no second request from a connection, nor minds its bytes', async () => {
    await serving(answerAlive, async (path) => {
      assert.equal(
        await ask(path, 'hello\nhello\nquit\n', 'x'.repeat(100_000)),
        'ok\nyep, still alive\n',
      );
    });
  });

  it('keeps the connection open between the first answer and the last', async () => {
    const replies: Reply[] = [];
    await serving(
      (_request, reply) => {
        replies.push(reply);
        reply({ kind: 'forked', pid: 7, directory: '/run/lp-forking-service-child-x' });
      },
      async (path) => {
        using client = await RawClient.connect(path);
        client.send('fork rocks\n');
        await client.read(/^ok\n7\n\/run\/lp-forking-service-child-x\n$/);
        assert.equal(client.hasEnded, false);
        replies[0]?.({ kind: 'exited', status: 256 }, { last: true });
        assert.match(await client.readToEnd(), /\nexited\n256\n$/);
      },
    );
  });

  it('still answers a client that has said EOF', async () => {
    const replies: Reply[] = [];
    await serving(
      (_request, reply) => replies.push(reply),
      async (path) => {
        using client = await RawClient.connect(path);
        client.send('hello\n');
        client.endSending();
        await until('the request', () => replies.length === 1);
        replies[0]?.(
          { kind: 'alive' },
          { last: true, undelivered: () => assert.fail('it was delivered') },
        );
        assert.equal(await client.readToEnd(), 'ok\nyep, still alive\n');
      },
    );
  });

  it('says when an answer can reach nobody any more', async () => {
    const replies: Reply[] = [];
    await serving(
      (_request, reply) => replies.push(reply),
      async (path) => {
        const client = await RawClient.connect(path);
        client.send('hello\n');
        await until('the request', () => replies.length === 1);
        client[Symbol.dispose]();
        const { promise, resolve } = Promise.withResolvers<void>();
        // The end of the client has to arrive first, or its socket would still take the answer.
        await until(
          'the client to be gone',
          () => new Promise((done) => setTimeout(done, 20, true)),
        );
        replies[0]?.({ kind: 'alive' }, { last: true, undelivered: resolve });
        await within('word of the failure', promise);
      },
    );
  });

  it('refuses what is no request', async () => {
    await serving(refuseAll, async (path) => {
      assert.equal(await ask(path, 'nonsense\n'), "FAILURE\nunknown request: 'nonsense\\n'\n");
      assert.match(
        await ask(path, 'fork "\n'),
        /^FAILURE\ncommand or env parsing failed: No closing quotation\n$/,
      );
      assert.match(await ask(path, 'child_connect_timeout x\n'), /^FAILURE: /);
    });
  });

  it('refuses a request that is too long, even from a client that goes on sending', async () => {
    await serving(refuseAll, async (path) => {
      using client = await RawClient.connect(path);
      client.send(`fork ${'x'.repeat(1_000_000)}`);
      assert.match(await client.readToEnd(), /^FAILURE\nrequest too long/);
    });
  });

  it('refuses a client that ends before its request does', async () => {
    await serving(refuseAll, async (path) => {
      for (const start of ['', 'hel', 'fork-env rocks\n']) {
        using client = await RawClient.connect(path);
        if (start !== '') client.send(start);
        client.endSending();
        assert.match(
          await client.readToEnd(),
          /^FAILURE\ncommand or env parsing failed: the connection ended/,
          start,
        );
      }
    });
  });

  it('refuses a request that does not come in time', async () => {
    const story = async (path: string): Promise<void> => {
      assert.equal(await ask(path, 'fork ro'), 'FAILURE\nrequest timed out\n');
    };
    await serving(refuseAll, story, 50);
  });

  it('outlives a client that resets its connection', async () => {
    await serving(refuseAll, async (path, connections) => {
      const client = await RawClient.connect(path);
      client.send('fork-env rocks\n');
      await until('the connection', async () => (await connections()) === 1);
      client[Symbol.dispose]();
    });
  });
});

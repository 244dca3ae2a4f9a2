import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { ConnectionLimits, createGuardedServer, type HttpGuard } from './connection-limits.ts';

const guard: HttpGuard = {
  perPeerMax: 20,
  allMax: 50,
  headersTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
};

/** An HTTP server that answers `/slow` only when it is told to. */
async function served(own: Partial<HttpGuard> = {}) {
  const held: (() => void)[] = [];
  const server = createGuardedServer({ ...guard, ...own }, (request, response) => {
    if (request.url === '/slow') held.push(() => response.end('slow\n'));
    else response.end('ok\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  return {
    port,
    held,
    dial: async (host = '127.0.0.1'): Promise<Socket> => {
      const client = connect({ port, host: '127.0.0.1', localAddress: host });
      client.on('error', () => undefined);
      clients.push(client);
      await once(client, 'connect');
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** All that comes until the server closes. */
async function answerOf(client: Socket): Promise<string> {
  let text = '';
  client.setEncoding('utf8').on('data', (part: string) => (text += part));
  if (!client.closed) await once(client, 'close');
  return text;
}

const get = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;

describe('a listener that somebody holds with connections that ask for nothing', () => {
  it('answers whoever asks, also from the same address, and lets the oldest go', async () => {
    await using server = await served();
    const silent: Socket[] = [];
    for (let count = 0; count < 100; count += 1) silent.push(await server.dial());
    const asking = await server.dial();
    asking.write(get('/healthz'));
    assert.match(await answerOf(asking), /^HTTP\/1\.1 200 OK.*ok\n$/s);
    await Promise.all(silent.slice(0, 80).map(answerOf));
    assert.equal(silent.slice(-19).filter((one) => one.destroyed).length, 0);
  });

  it('takes away nothing from another address', async () => {
    await using server = await served();
    const other = await server.dial('127.0.0.2');
    for (let count = 0; count < 100; count += 1) await server.dial();
    other.write(get('/'));
    assert.match(await answerOf(other), /ok\n$/);
  });

  it('cuts nobody off who is being served, and answers health alone when all are', async () => {
    await using server = await served({ perPeerMax: 3 });
    const busy = [await server.dial(), await server.dial(), await server.dial()];
    for (const client of busy) client.write(get('/slow'));
    while (server.held.length < busy.length) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let count = 0; count < 100; count += 1) await server.dial();
    for (const [path, answer] of [
      ['/', /^HTTP\/1\.1 503 .*in use/s],
      ['/healthz', /^HTTP\/1\.1 200 .*ok\n$/s],
      ['/readyz?full', /^HTTP\/1\.1 200 .*ok\n$/s],
      ['/?/healthz', /^HTTP\/1\.1 503 /],
    ] as const) {
      const asking = await server.dial();
      asking.write(get(path));
      assert.match(await answerOf(asking), answer, path);
    }
    for (const answer of server.held) answer();
    for (const client of busy) assert.match(await answerOf(client), /slow\n$/);
  });

  it('answers health when all connections of all addresses are being served', async () => {
    await using server = await served({ perPeerMax: 2, allMax: 3 });
    for (const host of ['127.0.0.2', '127.0.0.2', '127.0.0.3'])
      (await server.dial(host)).write(get('/slow'));
    while (server.held.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const asking = await server.dial('127.0.0.4');
    asking.write(get('/healthz'));
    assert.match(await answerOf(asking), /ok\n$/);
  });

  it('serves the second of two requests that were sent at once, while the first has its answer already', async () => {
    await using server = await served({ perPeerMax: 3 });
    const two = await server.dial();
    const slow = get('/slow').replace('Connection: close\r\n', '');
    two.write(slow + slow.replace('Host: a', 'Host: a\r\nConnection: close'));
    while (server.held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    server.held[0]?.();
    await once(two, 'data');
    for (let count = 0; count < 20; count += 1) await server.dial();
    const rest = answerOf(two);
    server.held[1]?.();
    assert.match(await rest, /slow\n$/);
  });

  it('cuts off a connection that sends hundreds of requests without waiting for an answer', async () => {
    await using server = await served();
    const flood = await server.dial();
    flood.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(300));
    assert.equal(await answerOf(flood), '');
    assert.ok(server.held.length <= 32, `${server.held.length} requests were taken`);
    const asking = await server.dial();
    asking.write(get('/'));
    assert.match(await answerOf(asking), /ok\n$/);
  });

  it('closes above the cap of all addresses together, too', async () => {
    await using server = await served({ perPeerMax: 10, allMax: 15 });
    const first = await server.dial('127.0.0.3');
    for (let count = 0; count < 9; count += 1) await server.dial('127.0.0.4');
    for (let count = 0; count < 9; count += 1) await server.dial('127.0.0.5');
    assert.equal(await answerOf(first), '');
  });
});

describe('a request that does not come to its end', () => {
  for (const [what, sent, own, answer] of [
    ['says nothing', '', { headersTimeoutMs: 200 }, /^HTTP\/1\.1 408 /],
    [
      'has no end of its head',
      'GET / HTTP/1.1\r\nHost: a\r\n',
      { headersTimeoutMs: 200 },
      /^HTTP\/1\.1 408 /,
    ],
    [
      'has no end of its body',
      'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na',
      { headersTimeoutMs: 100, requestTimeoutMs: 200 },
      /^HTTP\/1\.1 408 /,
    ],
    [
      'has chunks of a body without an end',
      'POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n',
      { headersTimeoutMs: 100, requestTimeoutMs: 200 },
      /^HTTP\/1\.1 408 /,
    ],
    [
      'has headers without measure',
      `GET / HTTP/1.1\r\nA: ${'x'.repeat(40_000)}`,
      {},
      /^HTTP\/1\.1 431 /,
    ],
    ['is none, as of TLS', '\u0016\u0003\u0001\r\n\r\n', {}, /^HTTP\/1\.1 400 /],
  ] as const)
    it(`that ${what} is ended by its own deadline, with a status`, async () => {
      await using server = await served(own);
      const client = await server.dial();
      client.write(sent);
      assert.match(await answerOf(client), answer);
    });
});

it('cuts off a client that goes on sending after its deadline, though it never closes', async () => {
  await using server = await served({ headersTimeoutMs: 100, requestTimeoutMs: 200 });
  const client = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n');
  const sending = setInterval(() => client.write('a'), 20);
  client.resume();
  // The last write may meet a connection that is gone, which is what is waited for.
  await new Promise((resolve) => client.once('close', resolve));
  clearInterval(sending);
});

it('tells addresses apart as their owners are: IPv4 by address, IPv6 by network', async () => {
  const server = createServer();
  const limits = new ConnectionLimits(server, { perPeerMax: 1, allMax: 100 });
  const closed = async (...addresses: string[]): Promise<number> => {
    const before = limits.closedTotal;
    for (const remoteAddress of addresses) {
      const socket = Object.assign(new (class extends EventTarget {})(), {
        remoteAddress,
        destroyed: false,
        once: () => undefined,
        destroy: () => undefined,
      });
      server.emit('connection', socket as unknown as Socket);
      // One that has just come is not closed before it could ask.
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    return limits.closedTotal - before;
  };
  assert.equal(await closed('192.0.2.1', '192.0.2.2', '::ffff:192.0.2.3'), 0);
  assert.equal(await closed('::ffff:192.0.2.1'), 1);
  assert.equal(await closed('2001:db8:0:1::1', '2001:db8:0:2::1'), 0);
  assert.equal(await closed('2001:db8::1:0:0:0:2', '2001:db8:0:1:ffff::9'), 2);
});

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fetchKeyLines, type HttpKeysOptions } from './http-keys.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What the look-up of a user comes to at a real server. */
async function lookUp(handler: Handler, options: Partial<HttpKeysOptions> = {}, user = 'alice'): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/users/{user}/keys`;
  try {
    return await fetchKeyLines(user, { url, token: null, timeoutMs: 10_000, answerBytesMax: 100, ...options });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const says =
  (status: number, body: string): Handler =>
  (_request, response) =>
    void response.writeHead(status).end(body);

test('the keys of a user are asked for by name, with the token', async () => {
  const seen: unknown[] = [];
  const lines = await lookUp(
    ({ url, headers, method }, response) => {
      seen.push(method, url, headers.authorization);
      response.end('{"keys": ["ssh-ed25519 AAAA one", "ssh-rsa BBBB"]}');
    },
    { token: 'secret' },
    'a.b',
  );
  assert.equal(lines, 'ssh-ed25519 AAAA one\nssh-rsa BBBB');
  assert.deepEqual(seen, ['GET', '/users/a.b/keys', 'Bearer secret']);
});

test('nobody is an answer too', async () => {
  assert.equal(await lookUp(says(404, 'no such user')), '');
  assert.equal(await lookUp(says(200, '{"keys": []}')), '');
});

for (const [what, handler, why] of [
  ['an error', says(503, '{"keys": []}'), /it answered 503/],
  ['no JSON', says(200, '<html>'), /not JSON/],
  ['other JSON', says(200, '[]'), /no list "keys"/],
  ['keys that are no lines', says(200, '{"keys": [1]}'), /no list "keys"/],
  ['two lines in one', says(200, '{"keys": ["a\\nb"]}'), /no list "keys"/],
  ['too much', says(200, ' '.repeat(101)), /longer than 100 bytes/],
  ['a redirect', (_, response) => void response.writeHead(302, { location: '/' }).end(), /fetch failed/],
  ['a connection that breaks', ({ socket }) => void socket.destroy(), /fetch failed/],
] as const satisfies readonly (readonly [string, Handler, RegExp])[]) {
  test(`${what} is no answer`, async () => {
    await assert.rejects(lookUp(handler), why);
  });
}

test('silence is no answer', async () => {
  await assert.rejects(
    lookUp(() => {}, { timeoutMs: 50 }),
    /timeout/,
  );
  await assert.rejects(
    lookUp((_, response) => void response.write(' '), { timeoutMs: 50 }),
    /timeout/,
    'not in the middle either',
  );
});

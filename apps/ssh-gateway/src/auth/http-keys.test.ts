import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { AccountText } from './key-source.ts';
import { fetchAccount, type HttpKeysOptions } from './http-keys.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Looks a user up at a real server. */
async function lookUp(
  handler: Handler,
  options: Partial<HttpKeysOptions> = {},
  user = 'alice',
): Promise<AccountText> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/users/{user}/keys`;
  try {
    return await fetchAccount(user, {
      url,
      token: null,
      timeoutMs: 10_000,
      answerBytesMax: 100,
      ...options,
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const says =
  (status: number, body: string): Handler =>
  (_request, response) =>
    void response.writeHead(status).end(body);

test('the look-up asks for a user’s keys by name, with the token', async () => {
  const seen: unknown[] = [];
  const lines = await lookUp(
    ({ url, headers, method }, response) => {
      seen.push(method, url, headers.authorization);
      response.end('{"keys": ["ssh-ed25519 AAAA one", "ssh-rsa BBBB"]}');
    },
    { token: 'secret' },
    'a.b',
  );
  assert.deepEqual(lines, { keys: 'ssh-ed25519 AAAA one\nssh-rsa BBBB', teams: '' });
  assert.deepEqual(seen, ['GET', '/users/a.b/keys', 'Bearer secret']);
});

test('teams arrive with the keys, and no key is read as a team', async () => {
  assert.deepEqual(
    await lookUp(says(200, '{"keys": ["team admins"], "teams": ["reds", "blues"]}')),
    {
      keys: 'team admins',
      teams: 'reds\nblues',
    },
  );
});

test('an unknown user is an answer too', async () => {
  for (const nobody of [says(404, 'no such user'), says(200, '{"keys": []}')])
    assert.deepEqual(await lookUp(nobody), { keys: '', teams: '' });
});

for (const [what, handler, why] of [
  ['an error', says(503, '{"keys": []}'), /it answered 503/],
  ['no JSON', says(200, '<html>'), /not JSON/],
  ['other JSON', says(200, '[]'), /no list "keys"/],
  [
    'keys that are no lines',
    says(200, '{"keys": [1]}'),
    /entry 1 of the list "keys" is not one line/,
  ],
  ['JSON that is nothing', says(200, 'null'), /no list "keys"/],
  ['teams that are no list', says(200, '{"keys": [], "teams": "reds"}'), /no list "teams"/],
  [
    'teams that are no names',
    says(200, '{"keys": [], "teams": [1]}'),
    /entry 1 of the list "teams"/,
  ],
  [
    'two teams in one line',
    says(200, '{"keys": [], "teams": ["a\\nb"]}'),
    /entry 1 of the list "teams"/,
  ],
  [
    'two lines in one',
    says(200, '{"keys": ["a\\nb"]}'),
    /entry 1 of the list "keys" is not one line/,
  ],
  [
    'a key in SSH2 format',
    says(
      200,
      '{"keys": ["---- BEGIN SSH2 PUBLIC KEY ----\\nAAAA\\n---- END SSH2 PUBLIC KEY ----"]}',
    ),
    /SSH2 format \(RFC 4716\); convert it with: ssh-keygen -i -f FILE/,
  ],
  ['too much', says(200, ' '.repeat(101)), /longer than 100 bytes/],
  [
    'a redirect',
    (_, response) => void response.writeHead(302, { location: '/' }).end(),
    /fetch failed/,
  ],
  ['a connection that breaks', ({ socket }) => void socket.destroy(), /fetch failed/],
] as const satisfies readonly (readonly [string, Handler, RegExp])[]) {
  test(`${what} does not count as an answer`, async () => {
    await assert.rejects(lookUp(handler), why);
  });
}

test('silence does not count as an answer', async () => {
  await assert.rejects(
    lookUp(() => {}, { timeoutMs: 50 }),
    /timeout/,
  );
  await assert.rejects(
    lookUp((_, response) => void response.write(' '), { timeoutMs: 50 }),
    /timeout/,
    'silence in the middle of an answer does not count either',
  );
});

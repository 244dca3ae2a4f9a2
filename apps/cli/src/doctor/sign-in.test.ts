import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { checkSignIn } from './sign-in.ts';

async function troubles(directory: string, ...lines: string[]): Promise<(string | null)[]> {
  const configFile = join(directory, 'own.toml');
  writeFileSync(configFile, `[dashboard]\n${lines.join('\n')}\n`);
  const checks = await checkSignIn(loadConfig({ configFile, directory }));
  return checks.map(({ trouble }) => trouble);
}

it('doctor has no finding about a page for this host alone, and warns of one for others without TLS', async () => {
  using directory = temporaryDirectory();
  assert.deepEqual(await troubles(directory.path), []);
  assert.match(
    (await troubles(directory.path, 'listen = "0.0.0.0:5080"')).join('\n'),
    /on the way; put a proxy with TLS/,
  );
  const behind = await troubles(
    directory.path,
    'listen = "0.0.0.0:5080"',
    'origins = ["https://h.example"]',
  );
  assert.deepEqual(behind, []);
});

it('doctor finds a missing directory for the socket of a proxy', async () => {
  using directory = temporaryDirectory();
  const proxy = ['auth = "proxy"', 'origins = ["https://h.example"]'];
  const of = (path: string): Promise<(string | null)[]> =>
    troubles(directory.path, ...proxy, `proxy_socket = "${path}"`);
  assert.deepEqual(await of(join(directory.path, 'p.sock')), [null]);
  assert.match((await of(join(directory.path, 'no', 'p.sock')))[0] ?? '', /there is no directory/);
});

it('doctor asks an OpenID provider for its name, and reads the secret', async () => {
  using directory = temporaryDirectory();
  let named = '';
  const server = createServer((_request, response) =>
    response.end(JSON.stringify({ issuer: named })),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secret = join(directory.path, 'secret');
  const of = (): Promise<(string | null)[]> =>
    troubles(
      directory.path,
      'auth = "oidc"',
      'origins = ["https://h.example"]',
      'oidc_client_id = "h"',
      `oidc_issuer = "${issuer}"`,
      `oidc_client_secret_file = "${secret}"`,
    );
  assert.match((await of()).join('\n'), /cannot be read .*\n.*calls itself ""/);
  named = issuer;
  writeFileSync(secret, 's3cret', { mode: 0o644 });
  assert.match((await of()).join('\n'), /chmod 640/);
  chmodSync(secret, 0o600);
  assert.deepEqual(await of(), [null, null]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.match((await of()).join('\n'), /does not answer \(.+\); nobody can sign in/);
});

import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from './load.ts';
import { ConfigError } from './problem.ts';

/** The problems of a `[dashboard]` with these lines, as `line: key: what`. */
function problems(...lines: string[]): string[] {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'hatchery-config-'));
  const configFile = join(directory.path, 'hatchery.toml');
  writeFileSync(configFile, `[dashboard]\n${lines.join('\n')}\n`);
  try {
    loadConfig({ configFile, directory: '/checkout' });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split('\n').map((line) => line.replace(`${configFile}:`, ''));
  }
}

const proxy = ['auth = "proxy"', 'origins = ["https://h.example"]'];
const oidc = ['auth = "oidc"', 'origins = ["https://h.example"]'];

for (const [name, lines] of [
  ['a proxy behind a socket', [...proxy, 'proxy_socket = "/run/d.sock"']],
  ['a proxy at an address', [...proxy, 'proxy_from = ["192.0.2.7"]', 'admins = ["group:ops"]']],
  [
    'an OpenID provider',
    [...oidc, 'oidc_issuer = "https://login.example/realms/x"', 'oidc_client_id = "h"'],
  ],
  [
    'an OpenID provider on this machine',
    [...oidc, 'oidc_issuer = "http://127.0.0.1:8080"', 'oidc_client_id = "h"'],
  ],
] as const)
  test(`${name} is accepted`, () => assert.deepEqual(problems(...lines), []));

test('everything that a way to sign in lacks is reported at once, at its line', () => {
  assert.deepEqual(problems('auth = "oidc"', 'oidc_scopes = ["profile"]'), [
    '2: dashboard.auth: "oidc" needs origins, as origins = ["https://hatchery.example.org"]',
    '2: dashboard.auth: "oidc" needs oidc_issuer, as oidc_issuer = "https://login.example.org"',
    '2: dashboard.auth: "oidc" needs oidc_client_id, as oidc_client_id = "hatchery"',
    '3: dashboard.oidc_scopes: must have "openid" in it',
  ]);
});

for (const wrong of [
  'origins = ["h.example"]',
  'orgins = ["https://h.example"]',
  'origins = ["https://h.example"',
  'origins =',
])
  test(`${wrong} is one problem, and no setting is reported as missing because of it`, () => {
    const found = problems('auth = "proxy"', wrong, 'proxy_socket = "/run/d.sock"');
    assert.equal(found.length, 1, found.join('\n'));
    assert.doesNotMatch(found.join(), /needs/);
    assert.deepEqual(
      problems(
        'auth = "proxy"',
        'origins = ["https://h.example/path"]',
        'proxy_socket = "/run/d.sock"',
      ),
      [],
    );
  });

test('a wrong way to sign in does not make other keys wrong', () => {
  assert.deepEqual(problems('auth = "prxy"', 'admins = ["anna"]'), [
    '2: dashboard.auth: must be "token" or "proxy" or "oidc", not "prxy"',
  ]);
});

for (const [line, what] of [
  ['auth = "proxy"', /needs proxy_socket or proxy_from/],
  ['auth = "local"', /must be "token" or "proxy" or "oidc"/],
  ['admins = ["anna"]', /has no meaning with auth = "token"/],
  ['admins = "anna"', /must be a list of names/],
  ['admins = [" "]', /must be a list of names/],
  ['origins = ["https://h.example/"]', /with no slash at their end, not "https:\/\/h\.example\/"/],
  ['origins = ["https://h.example/a/"]', /must be a list of addresses/],
  ['origins = ["https://h.example/a//b"]', /must be a list of addresses/],
  ['origins = ["https://h.example/a?b"]', /must be a list of addresses/],
  ['origins = ["https://h.example/a/../b"]', /must be a list of addresses/],
  ['origins = ["https://u@h.example"]', /must be a list of addresses/],
  ['origins = ["HTTPS://h.example"]', /must be a list of addresses/],
  ['origins = ["*"]', /must be a list of addresses/],
  ['origins = ["ftp://h.example"]', /must be a list of addresses/],
  ['proxy_from = ["everybody"]', /must name networks/],
  ['proxy_user_header = "x user"', /must be the name of a header/],
  ['proxy_user_header = ""', /must be the name of a header/],
  ['oidc_issuer = "http://login.example"', /must be the https address/],
  ['oidc_issuer = "http://localhost.example"', /must be the https address/],
  ['oidc_issuer = "login"', /must be the https address/],
  ['oidc_client_id = "a\\nb"', /must be a text of one line/],
  ['session_s = 5', /must be seconds from 60/],
  ['session_recheck_s = 0', /must be seconds from 1 /],
  [`proxy_socket = "/${'x'.repeat(120)}"`, /has 121 bytes/],
  [
    'oidc_client_secret = "hunter2"',
    /unknown key; did you mean dashboard\.oidc_client_secret_file\?/,
  ],
] as const)
  test(`${line} is refused`, () => {
    const found = problems(line);
    assert.match(found.join('\n'), what);
    assert.match(found[0] ?? '', /^2: dashboard\.\w+: /);
  });

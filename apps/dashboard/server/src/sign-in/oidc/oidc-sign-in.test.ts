import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StartError } from '@hatchery/daemon';
import { until } from '@hatchery/testkit';
import { origin, startBehindProxy } from '../../../test-support/behind-proxy.ts';
import { aChild } from '../../../test-support/fake-forker.ts';
import { temporaryDirectory } from '../../../test-support/running-dashboard.ts';
import { providerAsksMax } from '../../limits.ts';
import { returning, roleOf, startSignedBy } from '../../../test-support/signed-by-provider.ts';

test('a user who signs in at the provider arrives here with name and role, at the page they wanted', async () => {
  await using running = await startSignedBy();
  const { visitor, visit } = await running.signIn(
    '2',
    `${origin}/sign-in?to=${encodeURIComponent('/history?range=1h')}`,
  );
  assert.deepEqual([visit.status, visit.url.href], [200, `${origin}/history?range=1h`]);
  const { text } = await visitor.visit(`${origin}/api/session`);
  assert.deepEqual(
    { ...(JSON.parse(text) as object), way: '' },
    { name: 'bo', role: 'operator', way: '', signOut: true },
  );
  const live = running.here.watch(visitor);
  await until('hello', () => live.heard.length > 0);
  assert.ok(live.heard[0]?.type === 'hello' && live.heard[0].role === 'operator');
  live.socket.terminate();
});

test('the audit has the name that the provider says', async () => {
  await using running = await startSignedBy();
  running.here.forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  const { visitor } = await running.signIn('2');
  const { status } = await visitor.visit(`${origin}/api/children/c1/signal`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ signal: 'TERM', reason: 'runaway', pid: 4_000_001, startTime: 123_456 }),
  });
  assert.equal(status, 202);
  assert.equal(running.here.forker.asked[0]?.body['actor'], 'bo');
});

test('the browser is redirected with PKCE, a state and a nonce, and its cookies are secure', async () => {
  await using running = await startSignedBy();
  const { headers } = await running.here.visitor().visit(`${origin}/sign-in`, { follow: false });
  const { searchParams } = new URL(headers.location ?? '');
  assert.equal(searchParams.get('code_challenge_method'), 'S256');
  assert.equal(searchParams.get('redirect_uri'), `${origin}/sign-in/callback`);
  for (const name of ['state', 'nonce', 'code_challenge'])
    assert.ok((searchParams.get(name) ?? '').length >= 43, name);
  assert.match(
    String(headers['set-cookie']),
    /^__Host-\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
  );
  assert.equal(headers['cache-control'], 'no-store');
});

test('an unsigned visitor sees nothing, and learns how to sign in', async () => {
  await using running = await startSignedBy();
  const visitor = running.here.visitor();
  for (const path of ['/api/state', '/api/session', '/metrics', '/api/history.csv'])
    assert.equal((await visitor.visit(`${origin}${path}`)).status, 401, path);
  const { status, text } = await visitor.visit(`${origin}/children/c1?x=1`);
  assert.equal(status, 401);
  assert.match(text, /<a href="\.\/sign-in\?to=%2Fchildren%2Fc1%3Fx%3D1">Sign in<\/a>/);
});

for (const to of [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example',
  'javascript:1',
  '/sign-out',
  '/.//evil.example',
  '/x/..//evil.example/',
  '/./\\evil.example',
  '\t//evil.example',
])
  test(`signing in never leads on to ${JSON.stringify(to)}`, async () => {
    await using running = await startSignedBy();
    const { visit } = await running.signIn('1', `${origin}/sign-in?to=${encodeURIComponent(to)}`);
    assert.equal(visit.url.origin, origin);
    assert.equal(visit.url.pathname, '/');
  });

const forgeries: readonly (readonly [string, (address: URL) => void])[] = [
  ['with another state', (address) => address.searchParams.set('state', 'x'.repeat(43))],
  ['without a state', (address) => address.searchParams.delete('state')],
  [
    'with a code that was never given out',
    (address) => address.searchParams.set('code', 'x'.repeat(43)),
  ],
  ['from another provider', (address) => address.searchParams.set('iss', 'https://evil.example')],
  [
    'with a refusal',
    (address) => (
      address.searchParams.delete('code'),
      address.searchParams.set('error', 'access_denied')
    ),
  ],
];
for (const [name, forge] of forgeries)
  test(`a return ${name} signs nobody in`, async () => {
    await using running = await startSignedBy();
    const { visitor, address } = await returning(running, '2');
    const forged = new URL(address);
    forge(forged);
    const { status, text } = await visitor.visit(forged.href, { follow: false });
    assert.equal(status, 403);
    assert.match(text, /did not let you in\..*Try again/);
    assert.equal(await roleOf(visitor), 401);
  });

test('one browser’s return does not work in another browser, nor a second time', async () => {
  await using running = await startSignedBy();
  const [first, second] = [await returning(running, '2'), await returning(running, '1')];
  const stolen = await second.visitor.visit(first.address, { follow: false });
  assert.equal(stolen.status, 403);
  const bare = await running.here.visitor().visit(first.address, { follow: false });
  assert.match(bare.text, /begun in another browser, or too long ago/);
  const own = await first.visitor.visit(first.address, { follow: false });
  assert.equal(own.status, 303);
  assert.equal((await first.visitor.visit(first.address, { follow: false })).status, 403);
  assert.equal(await roleOf(first.visitor), 'operator', 'the session that was is not lost by it');
});

test('a provider that hangs holds up a limited number of sign-ins, and nothing else of the page', async () => {
  await using running = await startSignedBy();
  const { visitor, address } = await returning(running, '2');
  running.there.held = [];
  const statuses: number[] = [];
  const returns = Array.from({ length: providerAsksMax + 5 }, async () => {
    statuses.push((await visitor.visit(address, { follow: false })).status);
  });
  await until('those that are too many', () => statuses.length === 5);
  assert.deepEqual(statuses, [503, 503, 503, 503, 503]);
  assert.equal((await running.here.visitor().visit(`${origin}/healthz`)).status, 200);
  for (const serve of running.there.held) serve();
  running.there.held = null;
  await Promise.all(returns);
  const { visitor: next } = await running.signIn('1');
  assert.equal(await roleOf(next), 'viewer', 'the places are free again');
});

test('a changed cookie of a sign-in is rejected', async () => {
  await using running = await startSignedBy();
  const { visitor, address } = await returning(running, '2');
  const [pair = ''] = visitor.cookies('hatchery.example').split('; ');
  const [name = '', value = ''] = pair.split(/=(.*)/s);
  visitor.setCookie(
    'hatchery.example',
    name,
    `${value.slice(0, 60)}${value[60] === 'A' ? 'B' : 'A'}${value.slice(61)}`,
  );
  assert.equal((await visitor.visit(address, { follow: false })).status, 403);
  assert.equal(await roleOf(visitor), 401);
});

test('a user without a name, or without permission to look, learns so and is not signed in', async () => {
  await using running = await startSignedBy({
    roles: { admins: [], operators: [], viewers: ['group:<b>ops'] },
  });
  running.there.accounts.set('3', { groups: [] });
  running.there.accounts.set('4', { name: '<b>mallory', groups: ['staff'] });
  const nameless = await running.signIn('3');
  assert.equal(nameless.visit.status, 403);
  assert.match(nameless.visit.text, /no claim preferred_username/);
  const stranger = await running.signIn('4');
  assert.equal(stranger.visit.status, 403);
  assert.match(stranger.visit.text, /&#60;b&#62;mallory may not look/);
  for (const { visitor } of [nameless, stranger]) assert.equal(await roleOf(visitor), 401);
});

for (const [name, write, told] of [
  ['is not there', () => undefined, /oidc_client_secret_file .* cannot be read: ENOENT/],
  [
    'is empty',
    (path: string) => writeFileSync(path, '\n', { mode: 0o600 }),
    /has to hold the secret on one line/,
  ],
  [
    'has two lines',
    (path: string) => writeFileSync(path, 'a\nb\n', { mode: 0o600 }),
    /has to hold the secret on one line/,
  ],
  [
    'can be read by others',
    (path: string) => (writeFileSync(path, 'a'), chmodSync(path, 0o644)),
    /chmod 640/,
  ],
] as const)
  test(`a client secret file that ${name} is refused at the start`, async () => {
    using directory = temporaryDirectory();
    const clientSecretFile = join(directory.path, 'secret');
    write(clientSecretFile);
    const oidc = {
      issuer: 'http://127.0.0.1:1',
      clientId: 'h',
      scopes: [],
      userClaim: 'sub',
      groupsClaim: 'g',
    };
    const started = startBehindProxy({ auth: 'oidc', oidc: { ...oidc, clientSecretFile } });
    await assert.rejects(
      started,
      (error) => error instanceof StartError && told.test(error.message),
    );
  });

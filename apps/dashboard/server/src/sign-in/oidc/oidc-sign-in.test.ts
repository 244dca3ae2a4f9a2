import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StartError } from '@hatchery/daemon';
import type { Config } from '@hatchery/config';
import { aChild } from '../../fixtures/fake-forker.ts';
import { heardLog } from '../../fixtures/heard-log.ts';
import { origin, startBehindProxy } from '../../fixtures/behind-proxy.ts';
import { startProvider, type ProviderChanges } from '../../fixtures/open-id-provider.ts';
import { eventually, temporaryDirectory } from '../../fixtures/running-dashboard.ts';
import type { Visitor } from '../../fixtures/visitor.ts';

/** Asked so rarely that only a test which wants it sees a re-check. */
const never = 86_400;

async function stage(changes: Partial<Config['dashboard']> = {}, provider: Partial<ProviderChanges> = {}) {
  await using stack = new AsyncDisposableStack();
  const there = stack.use(await startProvider({ origin, ...provider }));
  there.accounts.set('1', { name: 'anna', groups: ['staff'] });
  there.accounts.set('2', { name: 'bo', groups: ['staff', 'ops'] });
  const { path } = stack.use(temporaryDirectory());
  const clientSecretFile = join(path, 'secret');
  writeFileSync(clientSecretFile, `${there.clientSecret}\n`, { mode: 0o600 });
  const { log, lines } = heardLog();
  const here = await startBehindProxy(
    {
      auth: 'oidc',
      roles: { admins: ['root'], operators: ['group:ops'], viewers: [] },
      oidc: {
        ...{ issuer: there.issuer, clientId: there.clientId, clientSecretFile },
        ...{ scopes: ['openid', 'profile', 'groups'], userClaim: 'preferred_username', groupsClaim: 'groups' },
      },
      sessionRecheckS: never,
      ...changes,
    },
    log,
  );
  stack.use(here);
  const held = stack.move();
  return {
    there,
    here,
    lines,
    /** A browser in which `subject` is signed in at the provider, which it has opened the sign-in of. */
    signIn: async (subject: string, address = `${origin}/sign-in`) => {
      there.visitor = subject;
      const visitor = here.visitor();
      return { visitor, visit: await visitor.visit(address) };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The role this browser has, or the status it is refused with. */
async function roleOf(visitor: Visitor): Promise<string | number> {
  const { status, text } = await visitor.visit(`${origin}/api/session`);
  return status === 200 ? (JSON.parse(text) as { role: string }).role : status;
}

test('who signs in at the provider is here by name and role, and where they wanted to go', async () => {
  await using running = await stage();
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
  await eventually('hello', () => live.heard.length > 0);
  assert.ok(live.heard[0]?.type === 'hello' && live.heard[0].role === 'operator');
  live.socket.terminate();
});

test('the audit has the name that the provider says', async () => {
  await using running = await stage();
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

test('the browser is sent off with PKCE, a state and a nonce, and its cookies are secure', async () => {
  await using running = await stage();
  const { headers } = await running.here.visitor().visit(`${origin}/sign-in`, { follow: false });
  const { searchParams } = new URL(headers.location ?? '');
  assert.equal(searchParams.get('code_challenge_method'), 'S256');
  assert.equal(searchParams.get('redirect_uri'), `${origin}/sign-in/callback`);
  for (const name of ['state', 'nonce', 'code_challenge']) assert.ok((searchParams.get(name) ?? '').length >= 43, name);
  assert.match(String(headers['set-cookie']), /^__Host-\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/);
  assert.equal(headers['cache-control'], 'no-store');
});

test('nobody sees anything unsigned, and is shown the way', async () => {
  await using running = await stage();
  const visitor = running.here.visitor();
  for (const path of ['/api/state', '/api/session', '/metrics', '/api/history.csv'])
    assert.equal((await visitor.visit(`${origin}${path}`)).status, 401, path);
  const { status, text } = await visitor.visit(`${origin}/children/c1?x=1`);
  assert.equal(status, 401);
  assert.match(text, /<a href="\/sign-in\?to=%2Fchildren%2Fc1%3Fx%3D1">Sign in<\/a>/);
});

for (const to of [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example',
  'javascript:1',
  '/sign-out',
  '\t//evil.example',
])
  test(`signing in never leads on to ${JSON.stringify(to)}`, async () => {
    await using running = await stage();
    const { visit } = await running.signIn('1', `${origin}/sign-in?to=${encodeURIComponent(to)}`);
    assert.equal(visit.url.origin, origin);
    assert.ok(['/', '/evil.example'].includes(visit.url.pathname), visit.url.pathname);
  });

/** A browser that comes back from the provider, and the address it was sent to. */
async function returning(running: Awaited<ReturnType<typeof stage>>, subject: string) {
  running.there.visitor = subject;
  const visitor = running.here.visitor();
  const begun = await visitor.visit(`${origin}/sign-in`, { follow: false });
  let address = begun.headers.location ?? '';
  while (!address.startsWith(origin)) {
    const { headers, url } = await visitor.visit(address, { follow: false });
    address = new URL(headers.location ?? '', url).href;
  }
  return { visitor, address };
}

const forgeries: readonly (readonly [string, (address: URL) => void])[] = [
  ['with another state', (address) => address.searchParams.set('state', 'x'.repeat(43))],
  ['without a state', (address) => address.searchParams.delete('state')],
  ['with a code that was never given out', (address) => address.searchParams.set('code', 'x'.repeat(43))],
  ['from another provider', (address) => address.searchParams.set('iss', 'https://evil.example')],
  [
    'with a refusal',
    (address) => (address.searchParams.delete('code'), address.searchParams.set('error', 'access_denied')),
  ],
];
for (const [name, forge] of forgeries)
  test(`a return ${name} signs nobody in`, async () => {
    await using running = await stage();
    const { visitor, address } = await returning(running, '2');
    const forged = new URL(address);
    forge(forged);
    const { status, text } = await visitor.visit(forged.href, { follow: false });
    assert.equal(status, 403);
    assert.match(text, /did not let you in\..*Try again/);
    assert.equal(await roleOf(visitor), 401);
  });

test('the return of one browser is of no use to another, nor a second time', async () => {
  await using running = await stage();
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

test('a cookie of a sign-in that was changed is none', async () => {
  await using running = await stage();
  const { visitor, address } = await returning(running, '2');
  const [pair = ''] = visitor.cookies('hatchery.example').split('; ');
  const [name = '', value = ''] = pair.split(/=(.*)/s);
  visitor.setCookie('hatchery.example', name, `${value.slice(0, -2)}AA`);
  assert.equal((await visitor.visit(address, { follow: false })).status, 403);
  assert.equal(await roleOf(visitor), 401);
});

test('who has no name, or may not look, is told so and is not signed in', async () => {
  await using running = await stage({ roles: { admins: [], operators: [], viewers: ['group:<b>ops'] } });
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

for (const refreshTokens of [true, false])
  test(`a role that changes is found by a re-check ${refreshTokens ? 'with' : 'without'} refresh tokens, and ends what was open`, async () => {
    await using running = await stage({ sessionRecheckS: 0.1 }, { refreshTokens });
    const { visitor } = await running.signIn('2');
    assert.equal(await roleOf(visitor), 'operator');
    const live = running.here.watch(visitor);
    await eventually('hello', () => live.heard.length > 0);
    running.there.accounts.set('2', { name: 'bo', groups: ['staff'] });
    assert.equal(await live.closed, 4001);
    assert.equal(await roleOf(visitor), 'viewer');
    const again = running.here.watch(visitor);
    await eventually('hello', () => again.heard.length > 0);
    assert.ok(again.heard[0]?.type === 'hello' && again.heard[0].role === 'viewer');
    running.there.accounts.delete('2');
    assert.equal(await again.closed, 4001);
    assert.equal(await roleOf(visitor), 401, 'who is gone there is gone here');
  });

test('a provider that is away ends no session, lets nobody in, and is asked again', async () => {
  await using running = await stage({ sessionRecheckS: 0.1 });
  const { visitor } = await running.signIn('2');
  running.there.away = true;
  await eventually('it was asked', () => running.lines.some((line) => line.startsWith('sessions not checked')));
  assert.equal(await roleOf(visitor), 'operator');
  running.there.away = false;
  const back = await returning(running, '1');
  running.there.away = true;
  const { status, text } = await back.visitor.visit(back.address, { follow: false });
  assert.equal(status, 503);
  assert.match(text, /does not answer.*Try again in a minute/);
  running.there.away = false;
  running.there.accounts.delete('2');
  await eventually('the session is over', async () => (await roleOf(visitor)) === 401);
});

test('signing out ends the session, its open pages, and offers to end that of the provider', async () => {
  await using running = await stage();
  const { visitor } = await running.signIn('2');
  const live = running.here.watch(visitor);
  await eventually('hello', () => live.heard.length > 0);
  const offer = await visitor.visit(`${origin}/sign-out`);
  assert.match(offer.text, /You are bo, with the role operator\..*<form method="post" action="\/sign-out">/);
  assert.equal(offer.headers['referrer-policy'], 'same-origin');
  assert.match(String(offer.headers['content-security-policy']), /form-action 'self'/);
  const foreign = await visitor.visit(`${origin}/sign-out`, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
  });
  assert.equal(foreign.status, 403);
  assert.equal(await roleOf(visitor), 'operator');
  const out = await visitor.visit(`${origin}/sign-out`, { method: 'POST', headers: { origin } });
  assert.equal(out.status, 200);
  assert.ok(out.text.includes(`href="${running.there.issuer}/session/end?`), out.text);
  assert.equal(await live.closed, 4001);
  assert.equal(await roleOf(visitor), 401);
});

test('a session ends with its time, whatever the provider says', async () => {
  await using running = await stage({ sessionS: 3 });
  const { visitor } = await running.signIn('2');
  assert.equal(await roleOf(visitor), 'operator');
  await eventually('it is over', async () => (await roleOf(visitor)) === 401);
});

test('a dashboard that starts without its provider says so, and signs people in when that comes', async () => {
  await using provider = await startProvider({ origin });
  provider.away = true;
  provider.accounts.set('1', { name: 'anna', groups: [] });
  provider.visitor = '1';
  const { log, lines } = heardLog();
  const oidc = { clientSecretFile: null, issuer: provider.issuer, clientId: 'hatchery' };
  await using here = await startBehindProxy(
    { auth: 'oidc', oidc: { ...oidc, scopes: ['openid'], userClaim: 'sub', groupsClaim: 'groups' } },
    log,
  );
  assert.ok(lines.some((line) => line.startsWith('the OpenID provider is away; nobody can sign in')));
  const visitor = here.visitor();
  assert.equal((await visitor.visit(`${origin}/sign-in`)).status, 503);
  provider.away = false;
  assert.equal((await visitor.visit(`${origin}/sign-in`, { follow: false })).status, 303);
});

test('neither the log nor a page has a secret in it', async () => {
  await using running = await stage({ sessionRecheckS: 0.1 });
  const { visitor, address } = await returning(running, '2');
  const code = new URL(address).searchParams.get('code') ?? '';
  const attempt = visitor.cookies('hatchery.example').split('=')[1] ?? '';
  await visitor.visit(address);
  const session = visitor.cookies('hatchery.example').split('=')[1] ?? '';
  const forged = new URL(address);
  forged.searchParams.set('code', 'y'.repeat(43));
  const { text } = await (await returning(running, '2')).visitor.visit(forged.href);
  running.there.away = true;
  await eventually('it was asked', () => running.lines.some((line) => line.startsWith('sessions not checked')));
  const told = [...running.lines, text].join('\n');
  assert.match(told, /signed in .*"bo"/);
  for (const secret of [running.there.clientSecret, code, attempt, session, 'y'.repeat(43), 'eyJ'])
    assert.ok(secret.length > 2 && !told.includes(secret), secret);
});

for (const [name, write, told] of [
  ['is not there', () => undefined, /oidc_client_secret_file .* cannot be read: ENOENT/],
  ['is empty', (path: string) => writeFileSync(path, '\n', { mode: 0o600 }), /has to hold the secret on one line/],
  [
    'has two lines',
    (path: string) => writeFileSync(path, 'a\nb\n', { mode: 0o600 }),
    /has to hold the secret on one line/,
  ],
  ['can be read by others', (path: string) => (writeFileSync(path, 'a'), chmodSync(path, 0o644)), /chmod 640/],
] as const)
  test(`a file of the client's secret that ${name} is refused at the start`, async () => {
    using directory = temporaryDirectory();
    const clientSecretFile = join(directory.path, 'secret');
    write(clientSecretFile);
    const oidc = { issuer: 'http://127.0.0.1:1', clientId: 'h', scopes: [], userClaim: 'sub', groupsClaim: 'g' };
    const started = startBehindProxy({ auth: 'oidc', oidc: { ...oidc, clientSecretFile } });
    await assert.rejects(started, (error) => error instanceof StartError && told.test(error.message));
  });

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@hatchery/testkit';
import { origin, startBehindProxy } from '../../../test-support/behind-proxy.ts';
import { heardLog } from '../../../test-support/heard-log.ts';
import { startProvider } from '../../../test-support/open-id-provider.ts';
import { returning, roleOf, startSignedBy } from '../../../test-support/signed-by-provider.ts';

for (const refreshTokens of [true, false])
  test(`a re-check ${refreshTokens ? 'with' : 'without'} refresh tokens finds a changed role, and closes what was open`, async () => {
    await using running = await startSignedBy({ sessionRecheckS: 0.1 }, { refreshTokens });
    const { visitor } = await running.signIn('2');
    assert.equal(await roleOf(visitor), 'operator');
    const live = running.here.watch(visitor);
    await until('hello', () => live.heard.length > 0);
    running.there.accounts.set('2', { name: 'bo', groups: ['staff'] });
    assert.equal(await live.closed, 4001);
    assert.equal(await roleOf(visitor), 'viewer');
    const again = running.here.watch(visitor);
    await until('hello', () => again.heard.length > 0);
    assert.ok(again.heard[0]?.type === 'hello' && again.heard[0].role === 'viewer');
    running.there.accounts.delete('2');
    assert.equal(await again.closed, 4001);
    assert.equal(await roleOf(visitor), 401, 'a user removed at the provider is signed out here');
  });

test('a provider that is away ends no session, signs nobody in, and is asked again', async () => {
  await using running = await startSignedBy({ sessionRecheckS: 0.1 });
  const { visitor } = await running.signIn('2');
  running.there.away = true;
  await until('it was asked', () =>
    running.lines.some((line) => line.startsWith('sessions not checked')),
  );
  assert.equal(await roleOf(visitor), 'operator');
  running.there.away = false;
  const back = await returning(running, '1');
  running.there.away = true;
  const { status, text } = await back.visitor.visit(back.address, { follow: false });
  assert.equal(status, 503);
  assert.match(text, /does not answer.*Try again in a minute/);
  running.there.away = false;
  running.there.accounts.delete('2');
  await until('the session is over', async () => (await roleOf(visitor)) === 401);
});

test('signing out ends the session, its open pages, and offers to sign out at the provider', async () => {
  await using running = await startSignedBy();
  const { visitor } = await running.signIn('2');
  const live = running.here.watch(visitor);
  await until('hello', () => live.heard.length > 0);
  const offer = await visitor.visit(`${origin}/sign-out`);
  assert.match(
    offer.text,
    /You are bo, with the role operator\..*<form method="post" action="\.\/sign-out">/,
  );
  assert.equal(offer.headers['referrer-policy'], 'strict-origin');
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

test('a session ends at its time, whatever the provider says', async () => {
  await using running = await startSignedBy({ sessionS: 3 });
  const { visitor } = await running.signIn('2');
  assert.equal(await roleOf(visitor), 'operator');
  const live = running.here.watch(visitor);
  await until('hello', () => live.heard.length > 0);
  assert.equal(await live.closed, 4001);
  assert.equal(await roleOf(visitor), 401);
});

test('a dashboard that starts without its provider says so, and signs people in once it is back', async () => {
  await using provider = await startProvider({ origin });
  provider.away = true;
  provider.accounts.set('1', { name: 'anna', groups: [] });
  provider.visitor = '1';
  const { log, lines } = heardLog();
  const oidc = { clientSecretFile: null, issuer: provider.issuer, clientId: 'hatchery' };
  await using here = await startBehindProxy(
    {
      auth: 'oidc',
      oidc: { ...oidc, scopes: ['openid'], userClaim: 'sub', groupsClaim: 'groups' },
    },
    log,
  );
  assert.ok(
    lines.some((line) => line.startsWith('the OpenID provider is away; nobody can sign in')),
  );
  const visitor = here.visitor();
  assert.equal((await visitor.visit(`${origin}/sign-in`)).status, 503);
  provider.away = false;
  assert.equal((await visitor.visit(`${origin}/sign-in`, { follow: false })).status, 303);
});

test('neither the log nor a page contains a secret', async () => {
  await using running = await startSignedBy({ sessionRecheckS: 0.1 });
  const { visitor, address } = await returning(running, '2');
  const code = new URL(address).searchParams.get('code') ?? '';
  const attempt = visitor.cookies('hatchery.example').split('=')[1] ?? '';
  await visitor.visit(address);
  const session = visitor.cookies('hatchery.example').split('=')[1] ?? '';
  const forged = new URL(address);
  forged.searchParams.set('code', 'y'.repeat(43));
  const { text } = await (await returning(running, '2')).visitor.visit(forged.href);
  running.there.away = true;
  await until('it was asked', () =>
    running.lines.some((line) => line.startsWith('sessions not checked')),
  );
  const told = [...running.lines, text].join('\n');
  assert.match(told, /signed in .*"bo"/);
  for (const secret of [running.there.clientSecret, code, attempt, session, 'y'.repeat(43), 'eyJ'])
    assert.ok(secret.length > 2 && !told.includes(secret), secret);
});

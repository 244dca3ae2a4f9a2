import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, type Config } from '@hatchery/config';
import { until } from '@hatchery/testkit';
import { origin, startBehindProxy } from '../../test-support/behind-proxy.ts';
import { temporaryDirectory } from '../../test-support/running-dashboard.ts';
import type { Visit } from '../../test-support/visitor.ts';

const { proxy: unset } = loadConfig({ directory: '/nowhere' }).dashboard;
const roles = { admins: ['root'], operators: ['group:ops'], viewers: [] };
const trusted = { auth: 'proxy', roles, proxy: { ...unset, from: ['127.0.0.2/31'] } } as const;
/** Inside the trusted network, and outside. */
const [near, far] = ['127.0.0.2', '127.0.0.1'];

async function stage(changes: Partial<Config['dashboard']> = {}) {
  const here = await startBehindProxy({ ...trusted, ...changes });
  const session = (headers: Readonly<Record<string, string>>, from = near): Promise<Visit> =>
    here.visitor().visit(`${origin}/api/session`, { headers, from });
  return { here, session, [Symbol.asyncDispose]: () => here[Symbol.asyncDispose]() };
}

const told = ({ status, text }: Visit): unknown => {
  const { name, role } = JSON.parse(text) as { name?: string; role?: string };
  return [status, name, role];
};

for (const [headers, expected] of [
  [{ 'x-forwarded-user': 'root' }, [200, 'root', 'admin']],
  [{ 'x-forwarded-user': 'bo', 'x-forwarded-groups': 'staff, ops' }, [200, 'bo', 'operator']],
  [{ 'x-forwarded-user': 'anna', 'x-forwarded-groups': 'staff' }, [200, 'anna', 'viewer']],
  [{ 'x-forwarded-user': 'anna' }, [200, 'anna', 'viewer']],
  [{ 'x-forwarded-user': 'group:ops' }, [200, 'group:ops', 'viewer']],
  [{ 'x-forwarded-user': 'anna', 'x-forwarded-groups': 'root' }, [200, 'anna', 'viewer']],
  [{ 'X-Forwarded-User': Buffer.from('zoë').toString('latin1') }, [200, 'zoë', 'viewer']],
] as const)
  test(`the proxy's ${JSON.stringify(headers)} is ${expected.join(' ')}`, async () => {
    await using running = await stage();
    assert.deepEqual(told(await running.session(headers)), expected);
  });

for (const [what, headers, status] of [
  ['names nobody', {}, 401],
  ['names an empty user', { 'x-forwarded-user': '' }, 401],
  ['names a user with a line break in disguise', { 'x-forwarded-user': 'anna\u0085root' }, 400],
  ['names a user of a thousand characters', { 'x-forwarded-user': 'x'.repeat(1_000) }, 400],
] as const)
  test(`a proxy that ${what} is refused with ${status}`, async () => {
    await using running = await stage();
    const visit = await running.session(headers);
    assert.equal(visit.status, status);
    assert.match(visit.text, /x-forwarded-user/);
  });

test('a header that a browser smuggled past the proxy is refused, never chosen from', async () => {
  await using running = await stage();
  const visitor = running.here.visitor();
  for (const name of ['x-forwarded-user', 'x-forwarded-groups']) {
    const headers = { 'x-forwarded-user': 'anna', [name]: ['anna', 'ops'] } as unknown as Record<
      string,
      string
    >;
    const { status, text } = await visitor.visit(`${origin}/api/session`, { headers, from: near });
    assert.equal(status, 400, name);
    assert.match(text, /once/);
  }
});

test('headers from untrusted addresses are ignored and counted', async () => {
  await using running = await stage();
  const forged = await running.session({ 'x-forwarded-user': 'root' }, far);
  assert.equal(forged.status, 401);
  assert.match(forged.text, /not the proxy's/);
  await running.session({ 'x-forwarded-groups': 'ops' }, far);
  await running.session({}, far);
  const metrics = await running.here
    .visitor()
    .visit(`${origin}/metrics`, { headers: { 'x-forwarded-user': 'anna' }, from: near });
  assert.match(metrics.text, /hatchery_dashboard_untrusted_headers_total 2\n/);
  const page = await running.here.visitor().visit(`${origin}/`, { from: far });
  assert.equal(page.status, 401);
  assert.ok(!page.text.includes('<a '), 'nothing here leads to a sign-in');
});

test('metrics are readable without a sign-in from the allowed addresses, and nothing else is', async () => {
  await using running = await stage({ metricsFrom: [far] });
  const visitor = running.here.visitor();
  assert.equal((await visitor.visit(`${origin}/metrics`, { from: far })).status, 200);
  assert.equal((await visitor.visit(`${origin}/metrics`, { from: near })).status, 401);
  assert.equal((await visitor.visit(`${origin}/api/state`, { from: far })).status, 401);
  assert.equal(
    (await visitor.visit(`${origin}/metrics`, { from: far, headers: { host: 'evil.example' } }))
      .status,
    403,
  );
});

test('a user who is not among the viewers may not look', async () => {
  await using running = await stage({ roles: { ...roles, viewers: ['group:staff'] } });
  assert.equal((await running.session({ 'x-forwarded-user': 'mallory' })).status, 403);
  assert.deepEqual(
    told(await running.session({ 'x-forwarded-user': 'a', 'x-forwarded-groups': 'staff' })),
    [200, 'a', 'viewer'],
  );
  assert.deepEqual(told(await running.session({ 'x-forwarded-user': 'root' })), [
    200,
    'root',
    'admin',
  ]);
});

test('headers can have other names, and then the default ones mean nothing', async () => {
  await using running = await stage({
    proxy: { ...trusted.proxy, userHeader: 'remote-user', groupsHeader: 'remote-groups' },
  });
  const headers = { 'x-forwarded-user': 'root', 'remote-user': 'bo', 'remote-groups': 'ops' };
  assert.deepEqual(told(await running.session(headers)), [200, 'bo', 'operator']);
});

test('the headers are trusted over the socket that only the proxy can open, and nowhere else', async () => {
  using directory = temporaryDirectory();
  const socket = join(directory.path, 'proxy.sock');
  await using running = await stage({ proxy: { ...unset, socket } });
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  const headers = { 'x-forwarded-user': 'root' };
  assert.deepEqual(
    told(await running.here.visitor(socket).visit(`${origin}/api/session`, { headers })),
    [200, 'root', 'admin'],
  );
  assert.equal((await running.session(headers)).status, 401);
});

test('a socket that is in use, or in the way, is named at the start; a stale one is taken over', async () => {
  using directory = temporaryDirectory();
  const socket = join(directory.path, 'proxy.sock');
  const changes = { ...trusted, proxy: { ...unset, socket } };
  const squatter = createServer().listen(socket);
  await new Promise((resolve) => squatter.once('listening', resolve));
  await assert.rejects(
    startBehindProxy(changes),
    /^StartError: cannot listen on proxy_socket under \[dashboard\]/,
  );
  await new Promise((resolve) => squatter.close(resolve));
  await using _running = await startBehindProxy(changes);
});

test('an open page is identified again when its time is up', async () => {
  await using running = await stage({
    sessionRecheckS: 0.2,
    proxy: { ...unset, from: ['127.0.0.1'] },
  });
  const live = running.here.watch(running.here.visitor(), {
    'x-forwarded-user': 'bo',
    'x-forwarded-groups': 'ops',
  });
  await until('hello', () => live.heard.length > 0);
  assert.ok(live.heard[0]?.type === 'hello' && live.heard[0].role === 'operator');
  assert.equal(await live.closed, 4001);
});

test('signing in leads to the page, and signing out says who handles it', async () => {
  await using running = await stage();
  const visitor = running.here.visitor();
  const headers = { 'x-forwarded-user': 'anna', origin };
  const begun = await visitor.visit(`${origin}/sign-in`, { headers, from: near, follow: false });
  assert.deepEqual([begun.status, begun.headers.location], [303, './']);
  const out = await visitor.visit(`${origin}/sign-out`, { method: 'POST', headers, from: near });
  assert.match(out.text, /up to the proxy/);
  assert.equal(
    (await visitor.visit(`${origin}/sign-in/callback`, { headers, from: near })).status,
    404,
  );
});

for (const foreign of [
  'https://evil.example',
  'http://hatchery.example',
  'https://hatchery.example:8443',
  'null',
])
  test(`an action from the page ${foreign} is refused`, async () => {
    await using running = await stage();
    const { status, text } = await running.here.visitor().visit(`${origin}/api/drain`, {
      method: 'POST',
      headers: { 'x-forwarded-user': 'root', origin: foreign, 'content-type': 'application/json' },
      body: '{"reason":"x"}',
      from: near,
    });
    assert.equal(status, 403);
    assert.match(text, /not from this dashboard/);
    assert.deepEqual(running.here.forker.asked, []);
  });

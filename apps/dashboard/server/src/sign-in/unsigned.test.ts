import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../../test-support/running-dashboard.ts';

const closed = [
  '/',
  '/children/c1',
  '/assets/none.js',
  '/metrics',
  '/api/state',
  '/api/session',
  '/api/doctor',
  '/api/audit',
  '/api/audit.csv',
  '/api/history',
  '/api/history.ndjson',
  '/api/timeline',
  '/api/children/c1',
  '/api/children/c1/log',
];

/** The status with which the live stream is refused, or 101. */
function upgradeStatus(origin: string, cookie = ''): Promise<number> {
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/live`, {
    origin,
    headers: { cookie },
  });
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}

test('by default an unsigned visitor, also from this host, sees nothing but health', async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path, { anonymous: 'none' });
  await using here = await startDashboard(config, pageFixture(directory.path));
  for (const path of closed) {
    const response = await here.fetch(path);
    assert.equal(response.status, 401, path);
    assert.match(
      await response.text(),
      /Not signed in\. Run \.\/hatchery sign-in on its machine/,
      path,
    );
  }
  assert.equal(await upgradeStatus(here.origin), 401);
  assert.equal((await here.fetch('/healthz')).status, 200);
  assert.equal((await here.fetch('/readyz')).status, 503);
  const cookie = await here.signIn('viewer');
  assert.equal((await here.fetch('/api/state', { headers: { cookie } })).status, 200);
  assert.equal(await upgradeStatus(here.origin, cookie), 101);
});

test('a user whose sign-in has ended learns that', async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path, { anonymous: 'none' });
  await using here = await startDashboard(config, pageFixture(directory.path));
  const cookie = await here.signIn();
  await here.fetch('/sign-out', { method: 'POST', headers: { cookie, origin: here.origin } });
  const response = await here.fetch('/api/state', { headers: { cookie } });
  assert.deepEqual(
    [response.status, /Your sign-in is over/.test(await response.text())],
    [401, true],
  );
});

test('where the operator opens the page to this host, a proxy in front of it does not count as a local visitor', async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path, { anonymous: 'viewer' });
  await using here = await startDashboard(config, pageFixture(directory.path));
  assert.equal((await here.fetch('/api/state')).status, 200);
  const forwarded = await here.fetch('/api/state', { headers: { 'x-forwarded-for': '192.0.2.7' } });
  assert.equal(forwarded.status, 401);
});

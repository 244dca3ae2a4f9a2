import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
  type RunningDashboard,
} from '../../test-support/running-dashboard.ts';

test('a user who acts after the sign-in has ended learns that, and how to sign in again', async () => {
  using directory = temporaryDirectory();
  await using here = await startDashboard(
    dashboardConfig(directory.path),
    pageFixture(directory.path),
  );
  const [name = ''] = (await here.signIn()).split('=');
  const headers = {
    cookie: `${name}=${'x'.repeat(43)}`,
    origin: here.origin,
    'content-type': 'application/json',
  };
  const acted = await here.fetch('/api/drain', {
    method: 'POST',
    headers,
    body: JSON.stringify({ reason: 'x' }),
  });
  assert.equal(acted.status, 401);
  assert.match(await acted.text(), /Your sign-in is over\. .*\.\/hatchery sign-in/);
  assert.equal(
    (await here.fetch('/api/state', { headers })).status,
    200,
    'looking still works, as for everybody here',
  );
  const { status, upgraded } = await dial(here, headers);
  assert.ok(upgraded, `so does the stream, which was refused with ${status}`);
});

/** Whether a page with these headers gets the live stream. */
function dial(
  here: RunningDashboard,
  headers: Record<string, string>,
): Promise<{ status: number; upgraded: boolean }> {
  const handshake = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const key = { 'sec-websocket-key': Buffer.alloc(16).toString('base64') };
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${here.origin}/live`, {
      headers: { ...headers, ...handshake, ...key },
      agent: false,
    });
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve({ status: 101, upgraded: true });
    });
    request.on('response', ({ statusCode }) =>
      resolve({ status: statusCode ?? 0, upgraded: false }),
    );
    request.on('error', reject).end();
  });
}

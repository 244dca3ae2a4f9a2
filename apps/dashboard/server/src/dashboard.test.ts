import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { until } from '@hatchery/testkit';
import { aChild, startFakeForker } from '../test-support/fake-forker.ts';
import { pageFixture } from '../test-support/page-fixture.ts';
import {
  dashboardConfig,
  press,
  startDashboard,
  temporaryDirectory,
} from '../test-support/running-dashboard.ts';
import type { Config } from '@hatchery/config';

async function stage(dashboardOptions: Partial<Config['dashboard']> = {}) {
  const directory = temporaryDirectory();
  const config = dashboardConfig(directory.path, dashboardOptions);
  const forker = await startFakeForker(controlSocketPath(config));
  const dashboard = await startDashboard(config, pageFixture(directory.path));
  await until('the feed is up', async () => (await dashboard.fetch('/readyz')).ok);
  return {
    forker,
    dashboard,
    [Symbol.asyncDispose]: async () => {
      await dashboard[Symbol.asyncDispose]();
      await forker[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

const everywhere = { listen: { host: '0.0.0.0', port: 0 } };

/** One request with a `Host` of our choosing, which fetch does not allow. */
function statusFor(
  origin: string,
  path: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(`${origin}${path}`, { headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

test('a port that is taken is named, with what to do', async () => {
  using directory = temporaryDirectory();
  const squatter = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as AddressInfo;
  const config = dashboardConfig(directory.path, { listen: { host: '127.0.0.1', port } });
  await assert.rejects(startDashboard(config, pageFixture(directory.path)), (error: Error) => {
    assert.ok(error instanceof StartError);
    assert.match(
      error.message,
      new RegExp(
        `^127\\.0\\.0\\.1:${port} is taken by another process .*; stop it or set dashboard\\.listen`,
      ),
    );
    return true;
  });
  squatter.close();
});

test('a page that is not built is named, with what to do', async () => {
  using directory = temporaryDirectory();
  const started = startDashboard(dashboardConfig(directory.path), join(directory.path, 'nowhere'));
  await assert.rejects(started, /^StartError: the page is not built .*run \.\/hatchery up/);
});

test('it is ready without a forker, says so, and hears one that comes', async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  await using dashboard = await startDashboard(config, pageFixture(directory.path));
  assert.equal((await dashboard.fetch('/healthz')).status, 200);
  const readiness = await dashboard.fetch('/readyz');
  assert.equal(readiness.status, 503);
  assert.match(await readiness.text(), /^no feed since .*: .+\n$/);
  await using _forker = await startFakeForker(controlSocketPath(config));
  await until('the feed is up', async () => (await dashboard.fetch('/readyz')).ok);
});

test('the state is what the feed said', async () => {
  await using running = await stage();
  running.forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  let state: {
    children: { id: string }[];
    locks: [];
    zygote: { state: string };
    draining: boolean;
    feed: { up: boolean };
    seq: number;
  };
  await until('the child is known', async () => {
    state = (await (await running.dashboard.fetch('/api/state')).json()) as typeof state;
    return state.children.length === 1;
  });
  assert.deepEqual(
    state!.children.map((child) => child.id),
    ['c1'],
  );
  assert.deepEqual(
    [state!.locks, state!.zygote.state, state!.draining, state!.feed.up],
    [[], 'ready', false, true],
  );
});

test('the page and its files come with their types, caching and a strict policy', async () => {
  await using running = await stage();
  const index = await running.dashboard.fetch('/');
  assert.equal(index.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(index.headers.get('cache-control'), 'no-cache');
  assert.match(
    index.headers.get('content-security-policy') ?? '',
    /default-src 'none'.*frame-ancestors 'none'/,
  );
  assert.equal(index.headers.get('x-content-type-options'), 'nosniff');
  const script = await running.dashboard.fetch('/assets/index-abc123.js');
  assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(script.headers.get('content-encoding'), 'gzip');
  assert.equal(
    (await running.dashboard.fetch('/children/c1')).headers.get('content-type'),
    'text/html; charset=utf-8',
  );
  assert.equal((await running.dashboard.fetch('/metrics')).status, 200);
});

for (const path of [
  '/nothing',
  '/assets/',
  '/assets/../package.json',
  '/%2e%2e/%2e%2e/package.json',
  '/children/',
  '/api/nothing',
  '//evil.example/',
]) {
  test(`there is nothing at ${path}`, async () => {
    await using running = await stage();
    assert.equal(await statusFor(running.dashboard.origin, path, {}), 404);
  });
}

test('a person who asks for what is not there gets a page that leads on, a program the reason', async () => {
  await using running = await stage();
  const { dashboard } = running;
  const headers = { cookie: await dashboard.signIn(), accept: 'text/html,*/*;q=0.8' };
  const page = await dashboard.fetch('/<b>nothing', { headers });
  assert.deepEqual(
    [page.status, page.headers.get('content-type')],
    [404, 'text/html; charset=utf-8'],
  );
  const text = await page.text();
  assert.match(text, /<a href="\.\/">/);
  assert.ok(!text.includes('<b>'), 'what was asked for is text');
  for (const [path, accept] of [
    ['/nothing', '*/*'],
    ['/api/nothing', 'text/html'],
  ] as const) {
    const answer = await dashboard.fetch(path, { headers: { ...headers, accept } });
    assert.deepEqual(
      [answer.status, await answer.json()],
      [404, { error: `There is nothing at ${path}.` }],
    );
  }
});

test('a page for who is not signed in has a style, which everybody may have and the policy takes', async () => {
  await using running = await stage();
  const { dashboard } = running;
  const notice = await dashboard.fetch('/sign-in?token=nonsense', {
    headers: { accept: 'text/html' },
  });
  const [, path] = /<link rel="stylesheet" href="([^"]+)">/.exec(await notice.text()) ?? [];
  assert.ok(path !== undefined && notice.status >= 400);
  assert.match(notice.headers.get('content-security-policy') ?? '', /style-src 'self'/);
  const style = await dashboard.fetch(path.replace(/^\./, ''));
  assert.deepEqual(
    [style.status, style.headers.get('content-type')],
    [200, 'text/css; charset=utf-8'],
  );
});

test('a name that was made to point here reads nothing', async () => {
  await using running = await stage();
  for (const path of ['/', '/api/state', '/metrics', '/sign-in?token=x']) {
    assert.equal(
      await statusFor(running.dashboard.origin, path, { host: 'evil.example' }),
      403,
      path,
    );
  }
});

test('the sign-in link trades its token for a cookie that makes an admin', async () => {
  await using running = await stage();
  const response = await press(running.dashboard.printedLink);
  assert.equal(response.status, 303);
  assert.equal(response.headers.get('location'), './');
  assert.match(response.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/);
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
});

test('a wrong token is told where the right one is printed', async () => {
  await using running = await stage();
  for (const path of ['/sign-in', '/sign-in?token=', '/sign-in?token=wrong']) {
    const response = await running.dashboard.fetch(path);
    assert.equal(response.status, 403);
    assert.equal(response.headers.get('set-cookie'), null);
    assert.match(await response.text(), /hatchery sign-in/);
  }
});

test('beyond this machine nobody reads without signing in', async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path, everywhere);
  await using dashboard = await startDashboard(config, pageFixture(directory.path));
  const { port } = new URL(dashboard.origin);
  const near = `http://127.0.0.1:${port}`;
  for (const path of ['/', '/api/state', '/metrics', '/assets/index-abc123.js']) {
    assert.equal(await statusFor(near, path, {}), 401, path);
  }
  assert.equal(await statusFor(near, '/healthz', {}), 200);
  const token = new URL(dashboard.signInUrl).search;
  const signedIn = await press(`${near}/sign-in${token}`);
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  assert.equal(await statusFor(near, '/api/state', { cookie }), 200);
  assert.equal(await statusFor(near, '/api/state', { cookie: `${cookie}x` }), 401);
});

test('other methods are refused', async () => {
  await using running = await stage();
  for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
    const response = await running.dashboard.fetch('/api/state', { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('access-control-allow-origin'), null);
  }
});

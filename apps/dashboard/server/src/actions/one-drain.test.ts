import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlSocketPath, gatewayControlSocketPath } from '@hatchery/config';
import { until } from '@hatchery/testkit';
import { startFakeForker } from '../../test-support/fake-forker.ts';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../../test-support/running-dashboard.ts';

async function stage() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(temporaryDirectory());
  const config = dashboardConfig(path);
  const forker = stack.use(await startFakeForker(controlSocketPath(config)));
  const gateway = stack.use(await startFakeForker(gatewayControlSocketPath(config)));
  const dashboard = stack.use(await startDashboard(config, pageFixture(path)));
  await until('the feed is up', async () => (await dashboard.fetch('/readyz')).ok);
  const cookie = await dashboard.signIn();
  const held = stack.move();
  return {
    forker,
    gateway,
    press: async (verb: string) => {
      const headers = { cookie, origin: dashboard.origin, 'content-type': 'application/json' };
      const body = JSON.stringify({ reason: 'new kernel' });
      const answer = await dashboard.fetch(`/api/${verb}`, { method: 'POST', headers, body });
      return { status: answer.status, told: (await answer.json()) as { error?: string } };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

test('a drain from the page, and its end, are the fork service’s alone: the gateway follows that one', async () => {
  await using running = await stage();
  for (const verb of ['drain', 'undrain']) assert.equal((await running.press(verb)).status, 202);
  assert.deepEqual(
    running.forker.asked.map(({ path, body }) => [path, body['reason']]),
    [
      ['/v1/drain', 'new kernel'],
      ['/v1/undrain', 'new kernel'],
    ],
  );
  assert.deepEqual(running.gateway.asked, []);
});

test('a drain that is asked for while the fork service is down fails, and says so', async () => {
  await using running = await stage();
  await running.forker[Symbol.asyncDispose]();
  const { status, told } = await running.press('drain');
  assert.equal(status, 503);
  assert.match(told.error ?? '', /^The forker is away\. Nothing was done/);
  assert.deepEqual(running.gateway.asked, []);
});

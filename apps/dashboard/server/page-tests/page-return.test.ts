import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { until } from '@hatchery/testkit';
import { connection, rows, skip, useBrowser } from '../test-support/browser.ts';
import { aChild, startFakeForker } from '../test-support/fake-forker.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../test-support/running-dashboard.ts';

const openPage = useBrowser();

test(
  'a page whose sign-in is over says so, and goes on once somebody signed in in another tab',
  { skip },
  async () => {
    using directory = temporaryDirectory();
    // Anywhere but on loopback nobody reads without a sign-in.
    const listen = { host: '0.0.0.0', port: 0 };
    const config = dashboardConfig(directory.path, { listen });
    await using forker = await startFakeForker(controlSocketPath(config));
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    const first = await startDashboard(config);
    const reached = (url: string): string => url.replace('0.0.0.0', '127.0.0.1');
    const { page } = await openPage(reached(first.signInUrl));
    await rows(page).filter({ hasText: '4000001' }).waitFor();
    const port = Number(new URL(first.origin).port);
    await page.context().clearCookies();
    await first[Symbol.asyncDispose]();
    await using second = await startDashboard(
      dashboardConfig(directory.path, { listen: { ...listen, port } }),
    );
    await connection(page).getByText('SIGNED OUT, RECONNECTING').waitFor();
    const attention = page.getByRole('region', { name: 'Needs attention' });
    await attention.getByText('Signed out', { exact: true }).waitFor();
    assert.equal(
      await rows(page).filter({ hasText: '4000001' }).count(),
      1,
      'what was seen stays readable',
    );
    const signal = page.getByRole('button', { name: 'Signal…' });
    assert.equal(await signal.isDisabled(), true);
    assert.match((await signal.getAttribute('title')) ?? '', /^Actions are off/);
    const other = await page.context().newPage();
    await other.goto(reached(second.signInUrl));
    await connection(page).getByText(/^LIVE/).waitFor();
    await page.context().close();
  },
);

test(
  'a network that comes back silent is given up in two seconds, before its data is stale',
  { skip },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using forker = await startFakeForker(controlSocketPath(config));
    await using dashboard = await startDashboard(config);
    const { page } = await openPage(`${dashboard.origin}/healthz`);
    let connections = 0;
    let silent = false;
    await page.routeWebSocket(/\/live$/, (socket) => {
      connections += 1;
      const own = connections;
      const server = socket.connectToServer();
      // The first connection is the one that died without a word.
      server.onMessage((message) => {
        if (!silent || own > 1) socket.send(message);
      });
    });
    await page.goto(`${dashboard.origin}/`);
    await connection(page).getByText(/^LIVE/).waitFor();
    await page.evaluate(`
    window.words = new Set();
    const status = document.querySelector('[aria-label=Connection]');
    new MutationObserver(() => window.words.add(status.dataset.word)).observe(status, { attributes: true });
  `);
    silent = true;
    await page.evaluate(`window.dispatchEvent(new Event('online'))`);
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    await rows(page).filter({ hasText: '4000001' }).waitFor();
    assert.equal(connections, 2);
    const words: unknown = await page.evaluate('[...window.words]');
    assert.ok(Array.isArray(words) && !words.includes('stale'), `it was ${String(words)}`);
    await page.context().close();
  },
);

test('a connection that answers is kept when the tab comes to the front', { skip }, async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  await using forker = await startFakeForker(controlSocketPath(config));
  await using dashboard = await startDashboard(config);
  const { page } = await openPage(`${dashboard.origin}/healthz`);
  let connections = 0;
  let beats = 0;
  await page.routeWebSocket(/\/live$/, (socket) => {
    connections += 1;
    socket.connectToServer().onMessage((message) => {
      if (String(message).includes('heartbeat')) beats += 1;
      socket.send(message);
    });
  });
  await page.goto(`${dashboard.origin}/`);
  await connection(page).getByText(/^LIVE/).waitFor();
  const before = beats;
  await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
  await until('four heartbeats', () => beats >= before + 4);
  assert.equal(connections, 1);
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  await rows(page).filter({ hasText: '4000001' }).waitFor();
  await page.context().close();
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { until } from '@hatchery/testkit';
import { connection, findFaults, rows, skip, useBrowser } from '../test-support/browser.ts';
import { aChild, startFakeForker } from '../test-support/fake-forker.ts';
import { startProvider } from '../test-support/open-id-provider.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../test-support/running-dashboard.ts';

const openPage = useBrowser();

/**
 * A port that is free now: the provider has to know the address of the page before there is one.
 */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test(
  'a browser signs in at the provider, acts, signs out in one page, and the other says so',
  { skip, timeout: 180_000 },
  async () => {
    using directory = temporaryDirectory();
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    await using provider = await startProvider({ origin });
    provider.accounts.set('1', { name: 'bo', groups: ['ops'] });
    provider.visitor = '1';
    const clientSecretFile = join(directory.path, 'secret');
    writeFileSync(clientSecretFile, provider.clientSecret, { mode: 0o600 });
    const usual = dashboardConfig(directory.path).dashboard;
    const config = dashboardConfig(directory.path, {
      listen: { host: '127.0.0.1', port },
      auth: 'oidc',
      origins: [origin],
      roles: { admins: [], operators: ['group:ops'], viewers: [] },
      oidc: {
        ...usual.oidc,
        issuer: provider.issuer,
        clientId: 'hatchery',
        clientSecretFile,
        scopes: ['openid', 'profile', 'groups'],
      },
    });
    await using forker = await startFakeForker(controlSocketPath(config));
    await using _dashboard = await startDashboard(config);
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    const { page } = await openPage(`${origin}/children/c1`);
    await page.getByRole('heading', { name: 'Not signed in' }).waitFor();
    assert.deepEqual(await findFaults(page, 'not signed in'), []);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await rows(page).filter({ hasText: '4000001' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/children/c1');
    await page.getByText('operator', { exact: true }).waitFor();
    const other = await page.context().newPage();
    await other.goto(`${origin}/sign-out`);
    await other.getByText('You are bo, with the role operator.').waitFor();
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByRole('heading', { name: 'Signed out' }).waitFor();
    await connection(page)
      .getByText(/RECONNECTING|STALE/)
      .waitFor();
    await page.getByRole('alert').getByRole('link', { name: 'Sign in' }).click();
    await connection(page).getByText(/^LIVE/).waitFor();
    assert.equal(new URL(page.url()).pathname, '/children/c1');
  },
);

test(
  'opening a sign-in link is one navigation: the page is there when it has loaded, as for that role',
  { skip },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using forker = await startFakeForker(controlSocketPath(config));
    await using dashboard = await startDashboard(config);
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    const { page, complaints } = await openPage(dashboard.printedLink);
    assert.equal(page.url(), `${dashboard.origin}/`);
    await page.getByText('admin', { exact: true }).waitFor();
    const referrer: unknown = await page.evaluate('document.referrer');
    assert.equal(referrer, '', 'the token is not told on');
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test(
  'a page that is open through a restart of its dashboard acts on without a new sign-in',
  { skip },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using forker = await startFakeForker(controlSocketPath(config));
    const first = await startDashboard(config);
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    const { page } = await openPage(first.printedLink);
    await page.getByText('admin', { exact: true }).waitFor();
    await first[Symbol.asyncDispose]();
    await connection(page)
      .getByText(/RECONNECTING|STALE/)
      .waitFor();
    const listen = { host: '127.0.0.1', port: first.port };
    await using _second = await startDashboard(dashboardConfig(directory.path, { listen }));
    await connection(page).getByText(/^LIVE/).waitFor();
    await page.getByRole('button', { name: 'Signal…' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('after the restart');
    await dialog.getByRole('button', { name: 'Send TERM' }).click();
    await until('the action', () => forker.asked.some(({ body }) => body['actor'] === 'admin'));
    await page.context().close();
  },
);

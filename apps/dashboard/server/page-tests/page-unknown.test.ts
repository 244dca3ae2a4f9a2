import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from '@playwright/test';
import { controlSocketPath } from '@hatchery/config';
import { connection, skip, useBrowser } from '../test-support/browser.ts';
import { startFakeForker } from '../test-support/fake-forker.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../test-support/running-dashboard.ts';

const openPage = useBrowser();

/** What the six tiles show. */
async function tiles(page: Page): Promise<string[]> {
  return page.getByRole('list', { name: 'Totals' }).locator('.tile-value').allTextContents();
}

/** Everything that would be wrong to say of a service of which nothing is known. */
async function assertNothingClaimed(page: Page): Promise<void> {
  assert.deepEqual(await tiles(page), ['–', '–', '–', '–', '–', '–']);
  for (const claim of ['No lock is held.', 'All is well', 'none stuck', 'No session right now'])
    assert.equal(await page.getByText(claim).count(), 0, claim);
  await page.getByText('The page does not know which locks are held.').waitFor();
  await page.getByText('The page does not know which sessions run.').waitFor();
}

test(
  'a forker that was never heard leaves dashes, not zeros, and numbers as soon as it speaks',
  { skip },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using dashboard = await startDashboard(config);
    const { page } = await openPage(dashboard.signInUrl);
    await page.getByText('Forker away').waitFor();
    await assertNothingClaimed(page);
    const metrics = await dashboard.fetch('/metrics', {
      headers: {
        cookie: (await page.context().cookies())
          .map(({ name, value }) => `${name}=${value}`)
          .join('; '),
      },
    });
    const text = await metrics.text();
    assert.match(text, /^hatchery_dashboard_feed_up 0$/m);
    assert.doesNotMatch(text, /^hatchery_(children|locks|lock_waiters|draining|zygote_ready)\b/m);
    await using _forker = await startFakeForker(controlSocketPath(config));
    await page.getByText('No lock is held.').waitFor();
    assert.equal((await tiles(page))[0], '0');
    await page.context().close();
  },
);

test(
  'a stream that is refused to a browser that is signed in says why, and claims nothing',
  { skip },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using _forker = await startFakeForker(controlSocketPath(config));
    // Opened at the address that it listens on, whose pages are not among these.
    await using dashboard = await startDashboard({
      ...config,
      dashboard: { ...config.dashboard, origins: ['http://localhost:9'], anonymous: 'viewer' },
    });
    const { page } = await openPage(`http://127.0.0.1:${dashboard.port}/`);
    await connection(page).getByText('NO LIVE STREAM, actions off').waitFor();
    await page
      .getByText(
        /Refused: the request comes from http:\/\/127\.0\.0\.1:\d+, not from this dashboard/,
      )
      .first()
      .waitFor();
    await assertNothingClaimed(page);
    await page.context().close();
  },
);

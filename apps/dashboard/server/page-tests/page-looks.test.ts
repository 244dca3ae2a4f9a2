import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { controlSocketPath, readOnlyDirectory, readOnlyPath } from '@hatchery/config';
import { findFaults } from '@hatchery/testkit/browser';
import { connection, rows, skip, useBrowser } from '../test-support/browser.ts';
import { busyHour, useOfAll } from '../test-support/busy-hour.ts';
import { startFakeForker, type FakeForker } from '../test-support/fake-forker.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../test-support/running-dashboard.ts';

const openPage = useBrowser();

/** Where pictures are kept for the documentation; without it they are only looked at by machine. */
const pictures = process.env['DASHBOARD_PICTURES'];

const screens = [
  { width: 1280, height: 800 },
  { width: 375, height: 812 },
] as const;
const themes = ['light', 'dark'] as const;

/** Rounds of use, a moment apart: two of them make a line, and a picture wants a longer one. */
const rounds = pictures === undefined ? 3 : 16;

/** What has to hold of every picture: nothing sticks out, and axe finds nothing. */
async function judge(page: Page, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    if (pictures !== undefined) {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `dashboard-${name}-${colorScheme}.png`) });
    }
    // The themes differ in looks alone, so the second one is asked about these.
    found.push(
      ...(await findFaults(
        page,
        `${name}-${colorScheme}`,
        colorScheme === 'dark' ? 'looks' : 'all',
      )),
    );
  }
  return found;
}

/** Publishes rounds of use until the page has drawn what it draws from several. */
async function draw(page: Page, forker: FakeForker, line: Locator): Promise<void> {
  for (let round = 0; round < rounds || (await line.count()) === 0; round += 1) {
    useOfAll(forker, round);
    await page.waitForTimeout(300);
  }
}

/** Goes through everything a person can open on a busy page. */
async function walk(
  page: Page,
  origin: string,
  forker: FakeForker,
  look: (name: string) => Promise<void>,
): Promise<void> {
  await rows(page).nth(2).waitFor();
  await draw(page, forker, rows(page).locator('polyline'));
  await look('busy');
  const dialog = page.getByRole('dialog');
  const inDialog = async (name: string, open: () => Promise<void>): Promise<void> => {
    await open();
    await dialog.waitFor();
    await look(name);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  };
  await inDialog('signal', () =>
    rows(page).first().getByRole('button', { name: 'Signal…' }).click(),
  );
  await inDialog('break', () =>
    rows(page, 'Locks').first().getByRole('button', { name: 'Break lock…' }).click(),
  );
  await inDialog('drain', () => page.getByRole('button', { name: 'Drain…' }).click());
  await inDialog('palette', () => page.keyboard.press('Control+k'));
  await page.getByRole('button', { name: 'Tree' }).click();
  await page.getByRole('list', { name: 'Wait trees' }).scrollIntoViewIfNeeded();
  await look('tree');
  await page.getByRole('button', { name: 'Recently ended' }).click();
  await look('ended');
  await page.goto(`${origin}/children/c4`);
  await page.getByRole('complementary').getByText('holds').waitFor();
  // A page that was just loaded has no lines yet.
  await draw(
    page,
    forker,
    page.getByRole('complementary').getByRole('img', { name: /^CPU, at most/ }),
  );
  await look('child');
  await page.goto(`${origin}/locks/trunk`);
  await page.getByRole('complementary').getByText('Waiting').waitFor();
  await look('lock');
  await page.goto(`${origin}/history`);
  await rows(page, 'Sessions').nth(2).waitFor();
  await look('history');
  await page.goto(`${origin}/audit`);
  await rows(page, 'Audit').first().waitFor();
  await look('audit');
  await page.goto(`${origin}/doctor`);
  await page.getByText('Feed of the forker').waitFor();
  await look('doctor');
}

for (const viewport of screens) {
  test(
    `every page and dialog is clean at ${viewport.width} px, in both themes`,
    { skip, timeout: 300_000 },
    async () => {
      using directory = temporaryDirectory();
      const config = dashboardConfig(directory.path);
      await using first = await startFakeForker(controlSocketPath(config));
      await using dashboard = await startDashboard(config);
      const { page, complaints } = await openPage(dashboard.signInUrl, { viewport });
      // All of them in one go: who mends one wants to know of the others.
      const found: string[] = [];
      const look = async (name: string): Promise<void> =>
        void found.push(...(await judge(page, `${name}-${viewport.width}`)));
      await page.getByText('No session right now').waitFor();
      await look('empty');
      busyHour(first);
      first.publish({
        kind: 'action.requested',
        actionId: 'x',
        actor: 'bo',
        verb: 'signal SIGTERM',
        target: 'c3',
        reason: 'runaway import',
      });
      first.publish({ kind: 'action.done', actionId: 'x', outcome: 'sent' });
      await walk(page, dashboard.origin, first, look);
      await page.goto(dashboard.origin);
      await rows(page).nth(2).waitFor();
      // The header at its fullest.
      first.publish({ kind: 'forker.draining', draining: true, actor: 'launchpad-operator' });
      const since = new Date().toISOString();
      mkdirSync(readOnlyDirectory(config));
      writeFileSync(
        readOnlyPath(config),
        JSON.stringify({ format: 1, reason: 'the disks move', since, actor: 'bo' }),
      );
      await connection(page).getByText('READ-ONLY').waitFor();
      const failure = {
        step: 'preload',
        message: 'No module named breezy',
        retryInMs: 4_000,
        servingPid: null,
      };
      first.publish({ kind: 'zygote.failed', ...failure });
      await page.getByText('Zygote failed').waitFor();
      await first[Symbol.asyncDispose]();
      await connection(page)
        .getByText(/^STALE/)
        .waitFor();
      await look('broken');
      assert.deepEqual([...found, ...complaints], []);
      await page.close();
    },
  );
}

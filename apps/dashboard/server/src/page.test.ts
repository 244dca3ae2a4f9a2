import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from '@playwright/test';
import { controlSocketPath } from '@hatchery/config';
import { aChild, aUsage, exited, startFakeForker } from './fixtures/fake-forker.ts';
import { dashboardConfig, startDashboard, temporaryDirectory } from './fixtures/running-dashboard.ts';

const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
];
const executablePath = '/usr/bin/chromium';
const builtPage = fileURLToPath(new URL('../../web/dist/index.html', import.meta.url));
const missing = [executablePath, builtPage].find((path) => !existsSync(path));
const skip = missing === undefined ? false : `there is no ${missing}`;

let browser: Browser;
before(async () => {
  if (skip === false) browser = await chromium.launch({ executablePath, args: flags });
});
after(async () => {
  await browser?.close();
});

/** A page whose console errors and refused loads fail the test: a strict content policy shows its violations there. */
async function openPage(
  url: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  page.setDefaultTimeout(5_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page: await page.goto(url).then(() => page), complaints };
}

const connection = (page: Page) => page.getByRole('status', { name: 'Connection' });
const rows = (page: Page) => page.getByRole('table', { name: 'Children' }).getByRole('row');

test('a child that arrives, works and ends is seen without a reload', { skip }, async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  await using forker = await startFakeForker(controlSocketPath(config));
  await using dashboard = await startDashboard(config);
  const { page, complaints } = await openPage(`${dashboard.origin}/`);
  await page.getByText('No session right now').waitFor();
  await connection(page).getByText(/^LIVE/).waitFor();
  await page.getByRole('region', { name: 'Needs attention' }).getByText('All is well').waitFor();

  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  const row = rows(page).filter({ hasText: '4000001' });
  await row.getByText('anna').waitFor();
  forker.publish({ kind: 'child.usage', samples: [{ id: 'c1', usage: aUsage(12.5) }] });
  await row.getByText('12.5 %').waitFor();

  forker.publish(exited('c1', { code: 3, signal: null, status: 768 }));
  await row.waitFor({ state: 'detached' });
  await page.getByRole('table', { name: 'Recently ended' }).getByText('exit 3').waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a paused page holds still and shows all it missed when it goes on', { skip }, async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  await using forker = await startFakeForker(controlSocketPath(config));
  await using dashboard = await startDashboard(config);
  const { page } = await openPage(`${dashboard.origin}/`);
  await connection(page).getByText(/^LIVE/).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  await connection(page)
    .getByText(/PAUSED 00:0\d, 1 change$/)
    .waitFor();
  assert.equal(await page.getByText('anna').count(), 0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('anna').waitFor();
  await page.close();
});

test('a viewer is told why not, and an admin ends a child and sees it end', { skip }, async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  await using forker = await startFakeForker(controlSocketPath(config));
  await using dashboard = await startDashboard(config);
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  const { page } = await openPage(`${dashboard.origin}/`);
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Signal…' }).click();
  await dialog.getByText('You are a viewer').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Send TERM' }).isDisabled(), true);
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await page.goto(dashboard.signInUrl);
  await page.getByRole('button', { name: 'Signal…' }).click();
  await dialog.getByLabel('Reason').fill('runaway');
  await dialog.getByRole('button', { name: 'Send TERM' }).click();
  await dialog.getByText('The child has ended: SIGTERM.').waitFor();
  assert.deepEqual(forker.asked[0]?.body, {
    signal: 'SIGTERM',
    actor: 'admin',
    reason: 'runaway',
    pid: 4_000_001,
    startTime: 123_456,
  });
  await page.close();
});

test('a forker that goes away is told at once, and its return needs no reload', { skip }, async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  const first = await startFakeForker(controlSocketPath(config), { epoch: 'one' });
  await using dashboard = await startDashboard(config);
  const { page } = await openPage(`${dashboard.origin}/`);
  const attention = page.getByRole('region', { name: 'Needs attention' });
  await attention.getByText('All is well').waitFor();
  await first[Symbol.asyncDispose]();
  await attention.getByText('Forker away').waitFor();
  await connection(page)
    .getByText(/^STALE .*, actions off$/)
    .waitFor({ timeout: 10_000 });
  await using second = await startFakeForker(controlSocketPath(config), { epoch: 'two' });
  second.publish({ kind: 'child.spawned', child: aChild('c9', { user: 'bo' }) });
  await page.getByText('bo', { exact: true }).waitFor();
  await connection(page).getByText(/^LIVE/).waitFor();
  await page.close();
});

test('the page fits narrow and wide screens in both themes', { skip }, async () => {
  using directory = temporaryDirectory();
  const kept = process.env['SCREENSHOTS'] ?? join(directory.path, 'screenshots');
  mkdirSync(kept, { recursive: true });
  const config = dashboardConfig(directory.path);
  await using forker = await startFakeForker(controlSocketPath(config));
  await using dashboard = await startDashboard(config);
  crowd(forker);
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 375, height: 812 },
    ]) {
      const { page } = await openPage(dashboard.signInUrl, { viewport, colorScheme });
      await rows(page).nth(5).waitFor();
      for (let sample = 0; sample < 6; sample += 1) {
        busy(forker, sample);
        await page.waitForTimeout(300);
      }
      const name = join(kept, `${colorScheme}-${viewport.width}`);
      await page.screenshot({ path: `${name}.png` });
      await page.screenshot({ path: `${name}-whole.png`, fullPage: true });
      // As text, because this project is checked without the types of a browser.
      const wider: unknown = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.equal(wider, 0, `${viewport.width} px: nothing sticks out`);
      await page.getByRole('button', { name: 'Signal…' }).first().click();
      await page.screenshot({ path: `${name}-dialog.png` });
      await page.close();
    }
  }
});

const users = ['anna', 'bo', 'chidi', 'launchpad-importer', 'dora', 'emil'];

function crowd(forker: { publish: Awaited<ReturnType<typeof startFakeForker>>['publish'] }): void {
  for (let number = 1; number <= 16; number += 1) {
    const startedAt = new Date(Date.now() - 7_000 * number ** 2).toISOString();
    const state = number === 3 ? 'stopping' : number === 16 ? 'starting' : 'running';
    const user = users[number % users.length] ?? null;
    forker.publish({
      kind: 'child.spawned',
      child: aChild(`c${number}`, { startedAt, state, user, peer: `192.0.2.${number}:50${number + 100}` }),
    });
  }
  for (const number of [12, 13, 14]) forker.publish(exited(`c${number}`));
  forker.publish(exited('c15', { code: null, signal: 'SIGKILL', status: 9 }));
}

function busy(forker: { publish: Awaited<ReturnType<typeof startFakeForker>>['publish'] }, sample: number): void {
  const samples = Array.from({ length: 11 }, (_, index) => ({
    id: `c${index + 1}`,
    usage: aUsage(Math.abs(Math.sin(sample + index)) * (index === 4 ? 130 : 30), {
      privateBytes: 1_100_000 * (index + 1),
      minorFaults: 900 + sample * 40 * index,
      readBytes: 10_000 + sample * 60_000 * index,
    }),
  }));
  forker.publish({ kind: 'child.usage', samples });
}

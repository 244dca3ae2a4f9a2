import assert from 'node:assert/strict';
import test from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { connection, findFaults, rows } from '@hatchery/testkit/browser';
import { assertDone } from '../test-support/outcome.ts';
import { leaveLock } from '../test-support/people.ts';
import { rowOf, type Stand, type Frozen } from '../test-support/stand.ts';
import { useStand } from '../test-support/use-instance.ts';

const wide = { width: 1280, height: 800 };
const narrow = { width: 375, height: 812 };
const left = '~demo/project/left';

let stand: Stand;
let holder: Frozen;
let victim: Frozen;

/**
 * A bad hour: sessions of three people, one with a lock, a stale lock, a script that waits for
 * another, and some ended ones.
 */
useStand(
  async (started) => {
    stand = started;
    await stand.client.try('info', stand.instance.url('~demo/nothing'));
    await stand.client.brz('push', '-q', '-r', '10', '-d', stand.history, stand.instance.url(left));
    await leaveLock(stand, left);
    await stand.client.try('push', '-d', stand.history, stand.instance.url(left));
    [victim] = await stand.freezeThree('watched');
    holder = await stand.freezePush('demo', '~demo/project/held');
    stand.underLock(0, 'sleep', '600');
    const { page } = await stand.openPage();
    await rows(page, 'Locks').filter({ hasText: 'publisher' }).waitFor();
    stand.underLock(600, 'true');
    await page.close();
  },
  { isKept: true },
);

test('every page and dialog of a bad hour is clean in both themes, and at 375 px', async () => {
  const { page, complaints } = await stand.openPage();
  // All at once: to fix one fault, it helps to know the others.
  const found: string[] = [];
  await walk(page, async (name) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    found.push(...(await findFaults(page, `${name}, dark`, 'looks')));
    await page.emulateMedia({ colorScheme: 'light' });
    found.push(...(await findFaults(page, `${name}, light`)));
    await page.setViewportSize(narrow);
    found.push(...(await findFaults(page, `${name}, 375 px`, 'looks')));
    await page.setViewportSize(wide);
  });
  assert.deepEqual([...found, ...complaints], []);
  await page.close();
});

test('at 375 px a finger can reach everything and end a session', async () => {
  const { page, complaints } = await stand.openPage({
    viewport: narrow,
    hasTouch: true,
    isMobile: true,
  });
  const dialog = page.getByRole('dialog');
  const cancelled = async (button: Locator): Promise<void> => {
    await button.tap();
    await dialog.getByRole('button', { name: 'Cancel' }).tap();
    await dialog.waitFor({ state: 'detached' });
  };
  for (const name of ['History', 'Audit', 'Doctor', 'Live']) {
    await page.getByRole('link', { name, exact: true }).tap();
    await page
      .getByRole('link', { name, exact: true, disabled: false })
      .and(page.locator('[aria-current=page]'))
      .waitFor();
  }
  await page.getByRole('button', { name: 'Pause' }).tap();
  await page.getByRole('button', { name: 'Resume' }).tap();
  await cancelled(page.getByRole('button', { name: 'Drain…' }));
  for (const lock of await rows(page, 'Locks').all())
    await cancelled(lock.getByRole('button', { name: 'Break lock…' }));
  await page.getByRole('button', { name: 'Commands' }).tap();
  await dialog.getByRole('combobox').fill(String(holder.pid));
  await dialog.getByRole('option').first().tap();
  const drawer = page.getByRole('complementary');
  await cancelled(drawer.getByRole('button', { name: 'Signal…' }));
  await drawer.getByRole('button', { name: 'Close' }).tap();
  await page.getByRole('button', { name: 'Tree' }).tap();
  await page.getByRole('list', { name: 'Wait trees' }).waitFor();
  await page.getByRole('button', { name: 'Holding locks' }).tap();
  await rowOf(page, 'Children', victim.pid).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'All', exact: true }).tap();

  await rowOf(page, 'Children', victim.pid).getByRole('button', { name: 'Signal…' }).tap();
  await dialog.getByLabel('Reason').fill('on the train');
  await dialog.getByRole('button', { name: 'Send TERM' }).tap();
  await dialog.getByText('The child has ended: SIGTERM.').waitFor();
  assert.deepEqual(await findFaults(page, 'observed at 375 px'), []);
  await dialog.getByRole('button', { name: 'Close' }).tap();
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a drained page, a refusal and a page without its data are clean in both themes', async () => {
  const { page } = await stand.openPage();
  assertDone(await stand.instance.hatchery('drain', '--reason', 'to be looked at'));
  await connection(page).getByText('DRAINING').waitFor();
  const found: string[] = [];
  const look = async (name: string): Promise<void> => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await findFaults(page, `${name}, ${colorScheme}`)));
    }
  };
  await look('drained');
  await rows(page, 'Locks')
    .filter({ hasText: left })
    .getByRole('button', { name: 'Break lock…' })
    .click();
  await stand.client.brz('break-lock', '--force', `${stand.instance.hostingRoot}/${left}`);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('too late');
  await dialog.getByLabel(/to confirm/).fill(left);
  await dialog.getByRole('button', { name: 'Break lock', exact: true }).click();
  await dialog.getByRole('alert').waitFor();
  await look('refused');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  const server = await stand.instance.partPid('dashboard');
  process.kill(server, 'SIGSTOP');
  await connection(page)
    .getByText(/^STALE/)
    .waitFor();
  await look('stale');
  process.kill(server, 'SIGCONT');
  await connection(page).getByText(/^LIVE/).waitFor();
  assert.deepEqual(found, []);
  await page.close();
});

/** Opens everything that a person can open. */
async function walk(page: Page, look: (name: string) => Promise<void>): Promise<void> {
  const { dashboard } = stand.instance.ready;
  const dialog = page.getByRole('dialog');
  await rowOf(page, 'Children', holder.pid).waitFor();
  await rows(page, 'Locks').nth(2).waitFor();
  await page.getByText('Stale branch lock').waitFor();
  await look('busy');
  const lockOf = (name: string): Locator => rows(page, 'Locks').filter({ hasText: name });
  for (const [name, open] of [
    [
      'signal',
      () => rowOf(page, 'Children', holder.pid).getByRole('button', { name: 'Signal…' }).click(),
    ],
    [
      'break held',
      () => lockOf('~demo/project/held').getByRole('button', { name: 'Break lock…' }).click(),
    ],
    ['break stale', () => lockOf(left).getByRole('button', { name: 'Break lock…' }).click()],
    [
      'break script',
      () => lockOf('publisher').getByRole('button', { name: 'Break lock…' }).click(),
    ],
    ['drain', () => page.getByRole('button', { name: 'Drain…' }).click()],
    ['palette', () => page.keyboard.press('Control+k')],
  ] as const) {
    await open();
    await dialog.waitFor();
    await look(name);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  }
  await page.getByRole('button', { name: 'Tree' }).click();
  await page.getByRole('list', { name: 'Wait trees' }).scrollIntoViewIfNeeded();
  await look('tree');
  await page.getByRole('button', { name: 'Recently ended' }).click();
  await look('ended');
  for (const [name, path, seen] of [
    ['child', `/children/${holder.id}`, page.getByRole('complementary').getByText('Locks now')],
    ['history', '/history', rows(page, 'Sessions').nth(2)],
    ['audit', '/audit', page.getByRole('heading', { name: 'Audit' })],
    ['doctor', '/doctor', page.getByText('Feed of the forker')],
  ] as const) {
    await page.goto(new URL(path, dashboard).href);
    await seen.waitFor();
    await look(name);
  }
}

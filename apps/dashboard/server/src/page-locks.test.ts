import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rows, skip, useBrowser } from './fixtures/browser.ts';
import { busyHour } from './fixtures/busy-hour.ts';
import { aChild } from './fixtures/fake-forker.ts';
import { aLock, aParty } from './fixtures/locks.ts';
import { startPageStage } from './fixtures/page-stage.ts';

const openPage = useBrowser();

test('who blocks whom is seen at once, and goes when the lock is released', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { forker, page, attention } = stand;
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  forker.publish({ kind: 'child.spawned', child: aChild('c2', { user: 'bo' }) });
  forker.publish({ kind: 'lock.acquired', lock: aLock('l1') });
  forker.publish({ kind: 'lock.contended', id: 'l1', waiter: aParty('c2', { user: 'bo' }) });
  await attention.getByText('anna (pid 4000001) blocks 1').waitFor();
  await rows(page).filter({ hasText: '4000002' }).getByText('blocked').waitFor();
  await rows(page, 'Locks').getByText('~anna/project/l1').waitFor();
  forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { holder: aParty('c2', { user: 'bo' }), nonce: 'n2' }) });
  await attention.getByText('All is well').waitFor();
  await rows(page).filter({ hasText: '4000002' }).getByText('1 held').waitFor();
  forker.publish({ kind: 'lock.released', id: 'l1' });
  await page.getByText('No lock is held.').waitFor();
});

test('a stale lock is broken from where it is complained about, with its name typed', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { forker, dialog, attention, page, dashboard } = stand;
  forker.publish({
    kind: 'lock.acquired',
    lock: aLock('l1', { holder: aParty(null, { pid: 5 }), condition: 'stale' }),
  });
  await attention.getByRole('button', { name: 'Break lock…' }).click();
  const act = dialog.getByRole('button', { name: 'Break lock', exact: true });
  await dialog.getByLabel('Reason').fill('its client is gone');
  assert.equal(await act.isDisabled(), true, 'not before the name is typed');
  await dialog.getByLabel(/to confirm/).fill('~anna/project/l1');
  await act.click();
  await dialog.getByText('The lock is free.').waitFor();
  assert.deepEqual(forker.asked[0], {
    path: '/v1/locks/l1/break',
    body: { actor: 'admin', reason: 'its client is gone', nonce: 'nonce-l1', force: false },
  });
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.goto(`${dashboard.origin}/audit`);
  const line = rows(page, 'Actions').first();
  await line.getByText('its client is gone').waitFor();
  await line.getByText('broken').waitFor();
});

test('under a living holder the holder is killed first, and only then the lock broken', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { forker, dialog, page } = stand;
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  forker.publish({ kind: 'lock.acquired', lock: aLock('l1') });
  await rows(page, 'Locks').getByRole('button', { name: 'Break lock…' }).click();
  await dialog.getByText('The holder is alive.').waitFor();
  await dialog.getByLabel('Reason').fill('hangs');
  await dialog.getByLabel(/to confirm/).fill('~anna/project/l1');
  // What the forker makes of the lock of a child that is gone.
  forker.whenKilled = () => forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { condition: 'orphaned' }) });
  await dialog.getByRole('button', { name: 'Kill the holder, then break' }).click();
  await dialog.getByText('The lock is free.').waitFor();
  assert.deepEqual(
    forker.asked.map(({ path, body }) => [path, body['signal'] ?? body['nonce']]),
    [
      ['/v1/children/c1/signal', 'SIGKILL'],
      ['/v1/locks/l1/break', 'nonce-l1'],
    ],
  );
});

test('a lock that was taken anew while the dialog was open is refused in words', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { forker, dialog, page } = stand;
  forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { condition: 'stale' }) });
  await rows(page, 'Locks').getByRole('button', { name: 'Break lock…' }).click();
  forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { nonce: 'another' }) });
  await dialog.getByText('has been released or taken anew').waitFor();
  await dialog.getByLabel('Reason').fill('x');
  await dialog.getByLabel(/to confirm/).fill('~anna/project/l1');
  await dialog.getByRole('button', { name: 'Break lock', exact: true }).click();
  await dialog.getByRole('alert').getByText('released and taken anew since you looked').waitFor();
});

test('a forker that cannot break locks is told as too old', { skip }, async () => {
  await using stand = await startPageStage(openPage, { old: true });
  const { forker, dialog, page } = stand;
  forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { condition: 'stale' }) });
  await rows(page, 'Locks').getByRole('button', { name: 'Break lock…' }).click();
  await dialog.getByLabel('Reason').fill('x');
  await dialog.getByLabel(/to confirm/).fill('~anna/project/l1');
  await dialog.getByRole('button', { name: 'Break lock', exact: true }).click();
  await dialog.getByRole('alert').getByText('older than this page').waitFor();
});

test('a drain is asked for, seen in the header, and ended', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { dialog, page, dashboard } = stand;
  await page.getByRole('button', { name: 'Drain…' }).click();
  const host = await page.locator('header .host').innerText();
  await dialog.getByLabel('Reason').fill('upgrade');
  await dialog.getByLabel(/to confirm/).fill(host);
  await dialog.getByRole('button', { name: 'Drain', exact: true }).click();
  await dialog.getByText('The service is draining.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('DRAINING by admin, 0 left').waitFor();
  await page.getByRole('button', { name: 'Undrain…' }).click();
  await dialog.getByLabel('Reason').fill('done');
  await dialog.getByRole('button', { name: 'Undrain', exact: true }).click();
  await dialog.getByText('takes new sessions').waitFor();
  await page.goto(`${dashboard.origin}/audit`);
  await rows(page, 'Actions').nth(1).waitFor();
});

test('everything is reached with the keyboard alone', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { forker, dialog, page } = stand;
  busyHour(forker);
  await rows(page).nth(2).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('user:dora');
  await page.waitForURL(/q=user/);
  await rows(page).filter({ hasText: '4000004' }).waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  // Out of the field, so that letters are shortcuts again.
  await page.keyboard.press('Tab');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.locator('tr[data-marked=true]').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('complementary').waitFor();
  const opened = page.url();
  assert.match(opened, /\/children\/c\d+/);
  await page.keyboard.press('j');
  await page.waitForURL((url) => url.href !== opened);
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => url.pathname === '/');
  await page.keyboard.press('p');
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await page.keyboard.press('p');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('drain');
  await page.keyboard.press('Enter');
  await dialog.getByRole('heading', { name: /^Drain / }).waitFor();
  const focused: unknown = await page.evaluate('document.activeElement?.textContent');
  assert.equal(focused, 'Cancel', 'the harmless button has the focus');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(forker.asked, []);
});

test('single letters can be switched off', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { page } = stand;
  await page.keyboard.press('Control+k');
  await page.keyboard.type('shortcuts off');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('p');
  assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 1);
});

test('a link to a child outlives the child and the page', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { forker, page, dashboard } = stand;
  busyHour(forker);
  await page.goto(`${dashboard.origin}/children/c15`);
  await page.getByRole('complementary').getByText('ended, SIGKILL').waitFor();
  await page.goto(`${dashboard.origin}/children/c99`);
  await page.getByRole('complementary').getByText('Nothing is known').waitFor();
});

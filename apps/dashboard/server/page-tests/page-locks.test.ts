import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rows, skip, useBrowser } from '../test-support/browser.ts';
import { busyHour } from '../test-support/busy-hour.ts';
import { aChild } from '../test-support/fake-forker.ts';
import { aLock, aParty } from '../test-support/locks.ts';
import { startPageStage } from '../test-support/page-stage.ts';

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
  forker.publish({
    kind: 'lock.acquired',
    lock: aLock('l1', { holder: aParty('c2', { user: 'bo' }), nonce: 'n2' }),
  });
  await attention.getByText('All is well').waitFor();
  await rows(page).filter({ hasText: '4000002' }).getByText('1 held').waitFor();
  forker.publish({ kind: 'lock.released', id: 'l1' });
  await page.getByText('No lock is held.').waitFor();
});

test(
  'a stale lock is broken from where it is complained about, with its name typed',
  { skip },
  async () => {
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
    await rows(page, 'Audit')
      .first()
      .getByText(/^lock .* broken$/)
      .waitFor();
  },
);

test(
  'a living holder is ended by the forker, which begins with TERM, and warnings are over once it is',
  { skip },
  async () => {
    await using stand = await startPageStage(openPage);
    const { forker, dialog, page } = stand;
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    forker.publish({ kind: 'lock.acquired', lock: aLock('l1') });
    await rows(page, 'Locks').getByRole('button', { name: 'Break lock…' }).click();
    const warning = dialog.getByText('The holder is alive.');
    await warning.waitFor();
    const [advised, other] = [/^End the holder, then break$/, /^Break under the holder$/].map(
      (name) => dialog.getByRole('button', { name }),
    );
    const boxes = await Promise.all([advised, other].map(async (button) => button!.boundingBox()));
    assert.equal(boxes[0]?.y, boxes[1]?.y, 'both in one line');
    await dialog.getByLabel('Reason').fill('hangs');
    await dialog.getByLabel(/to confirm/).fill('~anna/project/l1');
    await advised!.click();
    await dialog.getByText('The lock is free.').waitFor();
    assert.equal(await warning.count(), 0, 'what was observed is not contradicted');
    assert.deepEqual(
      forker.asked.map(({ path, body }) => [path, body['signal'], body['nonce'], body['force']]),
      [['/v1/locks/l1/break', undefined, 'nonce-l1', false]],
    );
  },
);

test(
  'an operator who may not break is told what they may do, and taken there',
  { skip },
  async () => {
    await using stand = await startPageStage(openPage);
    const { forker, dashboard } = stand;
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    forker.publish({ kind: 'lock.acquired', lock: aLock('l1') });
    const { page } = await openPage(dashboard.linkFor('operator'));
    const dialog = page.getByRole('dialog');
    await rows(page, 'Locks').getByRole('button', { name: 'Break lock…' }).click();
    await dialog.getByText('needs the role admin').waitFor();
    await dialog.getByRole('button', { name: 'Signal…' }).click();
    await dialog.getByRole('heading', { name: 'Send a signal to pid 4000001' }).waitFor();
    await dialog.getByLabel('Reason').fill('hangs');
    await dialog.getByRole('button', { name: 'Send TERM' }).click();
    await dialog.getByText('The child has ended: SIGTERM.').waitFor();
    await page.close();
  },
);

test('two locks of one name are two commands, each with its kind', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { forker, page, dialog, attention } = stand;
  const both = { name: '~demo/project/left', condition: 'stale' } as const;
  forker.publish({ kind: 'lock.acquired', lock: aLock('l1', both) });
  forker.publish({ kind: 'lock.acquired', lock: aLock('l2', { ...both, kind: 'repository' }) });
  for (const title of ['Stale branch lock', 'Stale repository lock'])
    await attention.getByText(title).waitFor();
  await page.keyboard.press('?');
  for (const text of ['~demo', '~dem', '~demo/project'])
    await dialog.getByRole('combobox').fill(text);
  const options = await dialog.getByRole('option').allInnerTexts();
  assert.deepEqual(
    options.map((option) => option.replaceAll(/\s+/g, ' ')),
    ['Lock ~demo/project/left branch, anna', 'Lock ~demo/project/left repository, anna'],
  );
});

test(
  'a lock that was taken anew while the dialog was open is refused in words',
  { skip },
  async () => {
    await using stand = await startPageStage(openPage);
    const { forker, dialog, page } = stand;
    forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { condition: 'stale' }) });
    await rows(page, 'Locks').getByRole('button', { name: 'Break lock…' }).click();
    forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { nonce: 'another' }) });
    await dialog.getByText('has been released or taken again').waitFor();
    await dialog.getByLabel('Reason').fill('x');
    await dialog.getByLabel(/to confirm/).fill('~anna/project/l1');
    await dialog.getByRole('button', { name: 'Break lock', exact: true }).click();
    await dialog.getByRole('alert').getByText('released and taken anew since you looked').waitFor();
  },
);

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
  const { attention, dialog, page, dashboard } = stand;
  await page.getByRole('button', { name: 'Drain…' }).click();
  await dialog
    .getByText(/may finish for 5.m 00.s .*; those still running then are disconnected/)
    .waitFor();
  const host = await page.locator('header .host').innerText();
  await dialog.getByLabel('Reason').fill('upgrade');
  await dialog.getByLabel(/to confirm/).fill(host);
  await dialog.getByRole('button', { name: 'Drain', exact: true }).click();
  await dialog.getByText('The service is draining.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('DRAINING by admin, 0 left').waitFor();
  await attention.getByText('by admin: upgrade. No new session is taken. None is left.').waitFor();
  await page.getByRole('button', { name: 'Undrain…' }).click();
  await dialog.getByLabel('Reason').fill('done');
  await dialog.getByRole('button', { name: 'Undrain', exact: true }).click();
  await dialog.getByText('takes new sessions').waitFor();
  await page.goto(`${dashboard.origin}/audit`);
  await rows(page, 'Audit').nth(1).waitFor();
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
  const last = page.url().split('/').at(-1);
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => url.pathname === '/');
  assert.equal(
    await page.evaluate('document.activeElement?.id'),
    `pid-${last}`,
    'the row has the focus',
  );
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

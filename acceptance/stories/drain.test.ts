import assert from 'node:assert/strict';
import test from 'node:test';
import { connection, rows } from '@hatchery/testkit/browser';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { takePicture } from '../test-support/pictures.ts';
import { rowOf, type Stand } from '../test-support/stand.ts';
import { useStand } from '../test-support/use-instance.ts';

let stand: Stand;

useStand((started) => {
  stand = started;
});

test('a drain from the page lets running sessions finish, tells new clients why, and ends', async () => {
  const { page, complaints } = await stand.openPage();
  const running = await stand.freezeThree('drained');
  for (const { pid } of running) await rowOf(page, 'Children', pid).waitFor();
  const host = await page.locator('header .host').innerText();

  await page.getByRole('button', { name: 'Drain…' }).click();
  const dialog = page.getByRole('dialog');
  const act = dialog.getByRole('button', { name: 'Drain', exact: true });
  await dialog.getByLabel('Reason').fill('kernel upgrade');
  assert.equal(await act.isDisabled(), true, 'not before the host is typed');
  await dialog.getByLabel(/to confirm/).fill(host);
  await act.click();
  await dialog.getByText('The service is draining.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await connection(page)
    .getByText(/^DRAINING by \S.*, 3 left$/)
    .waitFor();
  await page
    .getByRole('region', { name: 'Needs attention' })
    .getByText('No new session is taken')
    .waitFor();
  await takePicture(page, 'story-drain');

  assertRefused(await stand.person('bo').try('revno', stand.trunk('bo')), 3, /drain/);

  for (const [index, { client, pid }] of running.entries()) {
    client.kill('SIGCONT');
    assertDone(await client.outcome);
    await rowOf(page, 'Recently ended', pid).getByText('exit 0').waitFor();
    await connection(page)
      .getByText(new RegExp(`^DRAINING by \\S.*, ${2 - index} left$`))
      .waitFor();
  }

  await page.getByRole('button', { name: 'Undrain…' }).click();
  await dialog.getByLabel('Reason').fill('new kernel runs');
  await dialog.getByRole('button', { name: 'Undrain', exact: true }).click();
  await dialog.getByText('The service takes new sessions.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await connection(page).getByText('DRAINING').waitFor({ state: 'detached' });
  await stand.person('bo').brz('revno', stand.trunk('bo'));

  await page.getByRole('link', { name: 'Audit' }).click();
  for (const [reason, verb] of [
    ['kernel upgrade', 'drain'],
    ['new kernel runs', 'undrain'],
  ] as const) {
    // One order of one part: gateways follow the fork service.
    const told = rows(page, 'Audit').filter({ hasText: reason });
    await told.getByText(`${verb} forker`, { exact: true }).waitFor();
    assert.equal(await told.count(), 1);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

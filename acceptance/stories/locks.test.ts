import assert from 'node:assert/strict';
import { constants } from 'node:os';
import test from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { cpuSeconds } from '@hatchery/testkit';
import { rows } from '@hatchery/testkit/browser';
import { assertDone, assertRefused } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';
import { leaveLock, pushOnHost } from '../test-support/people.ts';
import { takePicture } from '../test-support/pictures.ts';
import { halt, type Stand, type Frozen } from '../test-support/stand.ts';
import { useStand } from '../test-support/use-instance.ts';

let stand: Stand;

// A vanished client keeps its lock for a moment; the story need not wait the usual ten seconds.
useStand(
  (started) => {
    stand = started;
  },
  { extraConfig: '[locks]\norphan_grace_s = 1\n' },
);

test('a blocking session is seen and killed from the page, and the blocked one continues', async () => {
  const { page, complaints } = await stand.openPage();
  const branch = '~demo/project/blocked';
  const holder = await stand.freezePush('demo', branch);

  const row = rows(page).filter({ hasText: String(holder.pid) });
  await row.getByText('demo', { exact: true }).waitFor();
  await row.getByText('1 held').waitFor();
  // The use of a core is known from the second sample on.
  await row.getByText('0.0 %').waitFor();
  await letWork(holder);
  await row.getByText(/[1-9][\d.]*\s%/).waitFor();
  const lock = rows(page, 'Locks').filter({ hasText: branch });
  await lock.getByText('held', { exact: true }).waitFor();
  await lock.getByText(`demo, pid ${holder.pid}`).waitFor();
  await lock.getByTitle('lp-serve --inet demo').waitFor();

  const nightly = pushOnHost(stand, 'nightly', branch);
  const attention = page.getByRole('region', { name: 'Needs attention' });
  await attention.getByText(`demo (pid ${holder.pid}) blocks 1`).waitFor();
  await rows(page).filter({ hasText: 'nightly' }).getByText('blocked', { exact: true }).waitFor();
  await lock.getByText('1: nightly').waitFor();
  await takePicture(page, 'story-blocked');

  await attention.getByRole('button', { name: 'Signal…' }).click();
  await killInDialog(page, holder.pid, 'blocks the nightly import');

  const { status, stderr } = await nightly;
  assert.equal(status, 0, stderr);
  await attention.getByText('All is well').waitFor();
  await page.getByText('No lock is held.').waitFor();
  await page.getByText('No session right now').waitFor();
  assert.equal((await stand.client.brz('revno', stand.instance.url(branch))).trim(), '620');

  // Its client finds the session gone, and others in possession of the branch.
  holder.client.kill('SIGCONT');
  assert.notEqual((await holder.client.outcome).code, 0);
  await tellsAudit(page, holder);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a lock that a killed process left is shown as stale with its reasons, and broken from the page', async () => {
  const { page, complaints } = await stand.openPage();
  const branch = '~demo/project/left';
  const url = stand.instance.url(branch);
  await stand.client.brz('push', '-q', '-r', '10', '-d', stand.history, url);
  const pid = await leaveLock(stand, branch);
  const refused = await stand.client.try('push', '-d', stand.history, url);
  assertRefused(refused, 3, new RegExp(`lock .*held by .*process #${pid}`));

  const attention = page.getByRole('region', { name: 'Needs attention' });
  const concern = attention.getByRole('listitem').filter({ hasText: branch });
  await concern.getByText('Stale branch lock').waitFor();
  const lock = rows(page, 'Locks').filter({ hasText: branch });
  await lock.getByText('stale', { exact: true }).waitFor();
  await lock.getByText(`pid ${pid}`).waitFor();
  for (const finding of ['✓ it was taken on this host by this user', `✓ process ${pid} is gone`])
    await lock.getByText(finding).waitFor();
  await takePicture(page, 'story-stale-lock');

  await concern.getByRole('button', { name: 'Break lock…' }).click();
  const dialog = page.getByRole('dialog');
  const act = dialog.getByRole('button', { name: 'Break lock', exact: true });
  await dialog.getByLabel('Reason').fill('the machine room killed it');
  await dialog.getByLabel(/to confirm/).fill('~demo/project/another');
  assert.equal(await act.isDisabled(), true, 'not under another name');
  assert.equal(stand.isLocked(branch), true);
  await dialog.getByLabel(/to confirm/).fill(branch);
  await act.click();
  await dialog.getByText('The lock is free.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await attention.getByText('All is well').waitFor();

  await stand.client.brz('push', '-q', '-d', stand.history, url);
  assert.equal((await stand.client.brz('revno', url)).trim(), '620');
  await page.getByRole('link', { name: 'Audit' }).click();
  const line = rows(page, 'Audit').filter({ hasText: 'the machine room killed it' });
  await line.getByText('admin', { exact: true }).waitFor();
  await line.getByText(/^break-lock branch /).waitFor();
  await line.getByText(/\(broken: it was stale by /).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a script that blocks another is ended from the page, and the other gets the lock', async () => {
  const { page, complaints } = await stand.openPage();
  const holder = stand.underLock(0, 'sleep', '600');
  const lock = rows(page, 'Locks').filter({ hasText: 'publisher' });
  await lock.getByText('script', { exact: true }).waitFor();
  const waiter = stand.underLock(120, 'echo', 'it is mine');
  const attention = page.getByRole('region', { name: 'Needs attention' });
  await attention.getByText(/ blocks 1$/).waitFor();
  await lock.getByText(/sleep 600/).waitFor();

  await lock.getByRole('button', { name: 'Break lock…' }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(
    await dialog.getByRole('button', { name: 'Break under the holder' }).count(),
    0,
    'the kernel has the lock',
  );
  await dialog.getByLabel('Reason').fill('sleeps on the job');
  await dialog.getByLabel(/to confirm/).fill('publisher');
  await dialog.getByRole('button', { name: 'End the holder, then break' }).click();
  await dialog.getByText('The lock is free.').waitFor();
  assert.match(assertDone(await waiter.outcome), /^it is mine$/m);
  assert.equal((await holder.outcome).code, 128 + constants.signals.SIGTERM);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('No lock is held.').waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

/** Lets the session work until it has used a little more CPU, then stops it again. */
async function letWork({ client, pid }: Frozen): Promise<void> {
  const used = cpuSeconds(pid);
  client.kill('SIGCONT');
  await until('some use of CPU', () => cpuSeconds(pid) > used + 0.03);
  halt(client);
}

/** Fills in the dialog, and waits until the page shows that the child has ended. */
async function killInDialog(page: Page, pid: number, reason: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: `Send a signal to pid ${pid}` }).waitFor();
  await dialog.getByRole('radio', { name: /^KILL/ }).check();
  const act = dialog.getByRole('button', { name: 'Send KILL' });
  await dialog.getByLabel('Reason').fill(reason);
  assert.equal(await act.isDisabled(), true, 'not before the pid is typed');
  await dialog.getByLabel(/to confirm/).fill(String(pid));
  await act.click();
  await dialog.getByText('The child has ended: SIGKILL.').waitFor();
  for (const stage of ['Intent', 'Sent', 'Observed'])
    await dialog.getByText(`${stage}: yes`).waitFor();
  await takePicture(page, 'story-killed');
  await dialog.getByRole('button', { name: 'Close' }).click();
}

/** The audit says who did what to whom and why, and that the service itself then freed the lock. */
async function tellsAudit(page: Page, { pid }: Frozen): Promise<void> {
  await page.getByRole('link', { name: 'Audit' }).click();
  const line = (text: string): Locator => rows(page, 'Audit').filter({ hasText: text });
  const kill = line('blocks the nightly import');
  await kill.getByText('admin', { exact: true }).waitFor();
  await kill.getByText(/^signal SIGKILL /).waitFor();
  await line('orphaned, and not taken up again')
    .getByText(/\(broken/)
    .waitFor();
  await kill.getByRole('link').click();
  const drawer = page.getByRole('complementary');
  await drawer.getByRole('heading', { name: `Child ${pid}` }).waitFor();
  await drawer.getByText('ended, SIGKILL').waitFor();
  await drawer.getByText('“blocks the nightly import”').waitFor();
}

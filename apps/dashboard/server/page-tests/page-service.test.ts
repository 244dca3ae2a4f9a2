import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readOnlyDirectory, readOnlyPath } from '@hatchery/config';
import { connection, rows, skip, useBrowser } from '../test-support/browser.ts';
import { aChild, exited } from '../test-support/fake-forker.ts';
import { aLock, aParty } from '../test-support/locks.ts';
import { startPageStage, type PageStage } from '../test-support/page-stage.ts';

const openPage = useBrowser();

async function stage(): Promise<PageStage> {
  const stand = await startPageStage(openPage);
  await stand.attention.getByText('All is well').waitFor();
  return stand;
}

test(
  'a service that is read-only says so on every page, with who and why, until it is not',
  { skip },
  async () => {
    await using stand = await stage();
    const { config, page, attention, complaints } = stand;
    const state = {
      reason: 'the disks move',
      since: new Date(Date.now() - 65_000).toISOString(),
      actor: 'bo',
    };
    mkdirSync(readOnlyDirectory(config));
    writeFileSync(readOnlyPath(config), JSON.stringify({ format: 1, ...state }));
    await connection(page).getByText('READ-ONLY').waitFor();
    await attention
      .getByText(/by bo for 1.m \d\d.s: the disks move\. No branch can be changed/)
      .waitFor();
    await page.getByRole('link', { name: 'Doctor' }).click();
    await page
      .getByText(/refused: the service is read-only since .* by bo: the disks move/)
      .waitFor();
    await connection(page).getByText('READ-ONLY').waitFor();
    rmSync(readOnlyPath(config));
    await connection(page).getByText('READ-ONLY').waitFor({ state: 'detached' });
    assert.deepEqual(complaints, []);
  },
);

test(
  'a file of the read-only state that cannot be understood counts as sessions take it',
  { skip },
  async () => {
    await using stand = await stage();
    mkdirSync(readOnlyDirectory(stand.config));
    writeFileSync(readOnlyPath(stand.config), '{"rea');
    await stand.attention
      .getByText(/read-only\.json cannot be read\. No branch can be changed/)
      .waitFor();
  },
);

test('a new zygote that failed is told while an older one serves', { skip }, async () => {
  await using stand = await stage();
  const { forker, page, attention } = stand;
  const failure = { step: 'preload', message: 'No module named breezy', retryInMs: 4_000 };
  forker.publish({ kind: 'zygote.failed', ...failure, servingPid: 77 });
  await attention.getByText('New zygote failed').waitFor();
  await page.getByRole('link', { name: 'Doctor' }).click();
  await page
    .getByText('an older one serves, pid 77; the new one failed at preload: No module named breezy')
    .waitFor();
  await page.getByRole('link', { name: 'Live' }).click();
  forker.publish({ kind: 'zygote.ready', pid: 78, startedInMs: 900 });
  await attention.getByText('All is well').waitFor();
});

test(
  'the lock of a session that was killed offers the break and not its dead process',
  { skip },
  async () => {
    await using stand = await stage();
    const { forker, page, attention } = stand;
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    const held = aLock('l1', { waiters: [aParty(null, { user: 'nightly', pid: 9 })] });
    forker.publish({ kind: 'lock.acquired', lock: held });
    await attention.getByRole('button', { name: 'Signal…' }).waitFor();
    forker.publish(exited('c1', { code: null, signal: 'SIGKILL', status: 9 }));
    const graceEndsAt = new Date(Date.now() + 600_000).toISOString();
    forker.publish({ kind: 'lock.changed', lock: { ...held, condition: 'orphaned', graceEndsAt } });
    await attention.getByText(/blocks 1/).waitFor();
    await attention.getByText(/Its process is gone\. It frees itself in (10|9).m/).waitFor();
    assert.equal(await attention.getByRole('button', { name: 'Signal…' }).count(), 0);
    assert.equal(
      await attention.getByRole('listitem').filter({ hasText: 'Break lock…' }).count(),
      1,
      'told once',
    );
    await attention.getByRole('button', { name: 'Break lock…' }).click();
    await page.getByRole('dialog', { name: 'Break the lock of ~anna/project/l1' }).waitFor();
  },
);

test(
  'while the page is stale nothing can be acted on, and each button says why',
  { skip },
  async () => {
    await using stand = await stage();
    const { forker, page, attention } = stand;
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    forker.publish({ kind: 'lock.acquired', lock: aLock('l1', { condition: 'stale' }) });
    await rows(page, 'Locks').getByText('stale', { exact: true }).waitFor();
    await forker[Symbol.asyncDispose]();
    await connection(page)
      .getByText(/^STALE .*, actions off$/)
      .waitFor();
    const buttons = [
      rows(page).getByRole('button', { name: 'Signal…' }),
      rows(page, 'Locks').getByRole('button', { name: 'Break lock…' }),
      attention.getByRole('button', { name: 'Break lock…' }),
      page.getByRole('button', { name: 'Drain…' }),
    ];
    for (const button of buttons) {
      assert.equal(await button.isDisabled(), true);
      assert.match((await button.getAttribute('title')) ?? '', /^Actions are off/);
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('drain');
    assert.equal(await page.getByRole('option', { name: /^Drain…/ }).count(), 0);
  },
);

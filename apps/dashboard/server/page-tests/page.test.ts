import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { aChild, aUsage, exited, startFakeForker } from '../test-support/fake-forker.ts';
import { connection, rows, skip, useBrowser } from '../test-support/browser.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../test-support/running-dashboard.ts';

const openPage = useBrowser();

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

test(
  'a session that met a limit has a mark of its own, whether it was killed or told so itself',
  { skip },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using forker = await startFakeForker(controlSocketPath(config));
    await using dashboard = await startDashboard(config);
    const { page } = await openPage(`${dashboard.origin}/`);
    await connection(page).getByText(/^LIVE/).waitFor();
    const killed = { code: null, signal: 'SIGKILL', status: 9 };
    const refused = { code: 73, signal: null, status: 18_688 };
    for (const [id, exit, cause] of [
      ['c1', killed, 'limit user_memory_bytes: 2 sessions of anna had 3 GiB'],
      [
        'c2',
        refused,
        'refused: over a limit: ~anna/p: this session has used up the memory (limit address_space_bytes)',
      ],
      ['c3', killed, 'SIGKILL by ops: runaway'],
    ] as const) {
      forker.publish({ kind: 'child.spawned', child: aChild(id) });
      forker.publish(exited(id, exit, cause));
    }
    const ended = page.getByRole('table', { name: 'Recently ended' });
    await ended.getByText('over limit user_memory_bytes').waitFor();
    await ended.getByText('over limit address_space_bytes').waitFor();
    await ended.getByText('SIGKILL', { exact: true }).waitFor();
    assert.equal(await ended.locator('[data-limit]').count(), 2);
    await page.close();
  },
);

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

test(
  'a forker that goes away is told at once, and its return needs no reload',
  { skip },
  async () => {
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
      .waitFor();
    await using second = await startFakeForker(controlSocketPath(config), { epoch: 'two' });
    second.publish({ kind: 'child.spawned', child: aChild('c9', { user: 'bo' }) });
    await page.getByText('bo', { exact: true }).waitFor();
    await connection(page).getByText(/^LIVE/).waitFor();
    await page.close();
  },
);

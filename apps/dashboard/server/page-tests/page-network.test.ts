import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { putBadNetworkBefore } from '@hatchery/testkit/browser';
import { connection, rows, skip, useBrowser } from '../test-support/browser.ts';
import { aChild, exited, startFakeForker } from '../test-support/fake-forker.ts';
import { aLock } from '../test-support/locks.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../test-support/running-dashboard.ts';

const openPage = useBrowser();

test(
  'a dashboard that is started anew under an open page needs no reload',
  { skip, timeout: 120_000 },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using forker = await startFakeForker(controlSocketPath(config));
    const first = await startDashboard(config);
    const port = Number(new URL(first.origin).port);
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    const { page } = await openPage(first.origin);
    await rows(page).filter({ hasText: '4000001' }).waitFor();
    await first[Symbol.asyncDispose]();
    await connection(page)
      .getByText(/RECONNECTING|STALE/)
      .waitFor();
    forker.publish(exited('c1'));
    forker.publish({ kind: 'child.spawned', child: aChild('c2') });
    await using _second = await startDashboard(
      dashboardConfig(directory.path, { listen: { host: '127.0.0.1', port } }),
    );
    await rows(page).filter({ hasText: '4000002' }).waitFor();
    await rows(page).filter({ hasText: '4000001' }).waitFor({ state: 'detached' });
    await connection(page).getByText(/^LIVE/).waitFor();
  },
);

test(
  'a network that loses, doubles and swaps messages cannot make the page wrong',
  { skip, timeout: 120_000 },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using forker = await startFakeForker(controlSocketPath(config));
    await using dashboard = await startDashboard(config);
    const { page } = await openPage(`${dashboard.origin}/healthz`);
    const network = await putBadNetworkBefore(page, 7);
    await page.goto(dashboard.origin);
    await connection(page).getByText(/^LIVE/).waitFor();
    for (let step = 0; step < 60; step += 1) {
      forker.publish({ kind: 'child.spawned', child: aChild(`c${step}`) });
      if (step % 3 === 0) forker.publish(exited(`c${step}`));
      if (step % 5 === 0) forker.publish({ kind: 'lock.acquired', lock: aLock(`l${step}`) });
      if (step % 10 === 0) forker.publish({ kind: 'lock.released', id: `l${step}` });
      await page.waitForTimeout(20);
    }
    assert.ok(network.harmed > 10, 'the network did its worst');
    network.mend();
    const state = (await (await dashboard.fetch('/api/state')).json()) as {
      children: unknown[];
      locks: unknown[];
    };
    assert.deepEqual([state.children.length, state.locks.length], [40, 6]);
    await page.getByRole('list', { name: 'Totals' }).getByText('40', { exact: true }).waitFor();
    await rows(page, 'Locks').nth(5).waitFor();
    assert.equal(await rows(page, 'Locks').count(), 6);
    assert.equal(
      await page.getByRole('table', { name: 'Children' }).getAttribute('aria-rowcount'),
      '41',
    );
  },
);

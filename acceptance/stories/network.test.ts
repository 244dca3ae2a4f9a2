import assert from 'node:assert/strict';
import test from 'node:test';
import type { Page } from '@playwright/test';
import { connection, openPage, putBadNetworkBefore, rows } from '@hatchery/testkit/browser';
import { assertDone } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';
import { CuttableLine } from '../test-support/cuttable-line.ts';
import { rowOf, type Stand } from '../test-support/stand.ts';
import { useStand } from '../test-support/use-instance.ts';

let stand: Stand;

useStand((started) => {
  stand = started;
});

test('a network that loses, delays, swaps and doubles messages about real sessions cannot make the page wrong', async () => {
  const { page } = await stand.openPage();
  const network = await putBadNetworkBefore(page, 11);
  await page.reload();
  await connection(page).getByText(/^LIVE/).waitFor();
  const holder = await stand.freezePush('anna', '~anna/project/locked');
  for (let round = 0; network.harmed < 30; round += 1) {
    assert.ok(round < 50, 'the network did its worst');
    await Promise.all([1, 2, 3].map(() => stand.client.brz('revno', stand.trunk())));
  }
  const stays = await stand.freeze('bo', ['branch', '-q', stand.trunk('bo'), 'stays']);
  await shows(page, [holder.pid, stays.pid]);
  network.mend();
  await shows(page, [holder.pid, stays.pid]);

  for (const { client } of [holder, stays]) {
    client.kill('SIGCONT');
    assertDone(await client.outcome);
  }
  await shows(page, []);
  await page.close();
});

for (const [name, harm, told] of [
  ['cut', 'cut', /RECONNECTING|STALE/],
  ['that fell silent', 'silence', /^STALE .*, actions off$/],
] as const) {
  test(`a line ${name} under an open page is shown, and recovers without a reload`, async () => {
    await using line = await CuttableLine.to(Number(new URL(stand.instance.ready.dashboard).port));
    const link = new URL(await stand.instance.signInUrl());
    link.port = String(line.port);
    const { page } = await openPage(stand.browser, link.href, { patienceMs: 30_000 });
    await connection(page).getByText(/^LIVE/).waitFor();
    const leaves = await stand.freezePush('demo', `~demo/project/${harm}`);
    await shows(page, [leaves.pid]);
    await page.evaluate('window.name = "the same page"');

    line[harm]();
    await connection(page).getByText(told).waitFor();
    leaves.client.kill('SIGCONT');
    assertDone(await leaves.client.outcome);
    const arrives = await stand.freezePush('anna', `~anna/project/${harm}`);
    await rowOf(page, 'Children', leaves.pid).waitFor();
    assert.equal(await rowOf(page, 'Children', arrives.pid).count(), 0);

    line.mend();
    await connection(page).getByText(/^LIVE/).waitFor();
    await shows(page, [arrives.pid]);
    await rowOf(page, 'Recently ended', leaves.pid).getByText('exit 0').waitFor();
    assert.equal(await page.evaluate('window.name'), 'the same page');
    await page.close();
  });
}

/** The page comes to show exactly these children, and the locks that the server has. */
async function shows(page: Page, pids: readonly number[]): Promise<void> {
  await until(
    `the page to show ${pids.join(', ') || 'nobody'}`,
    async () => {
      const { children, locks } = await stand.instance.state();
      const known = children.map(({ pid }) => pid).toSorted();
      const shown = (
        await page.locator('table[aria-label=Children] tbody [data-name=PID]').allInnerTexts()
      ).map(Number);
      const isRight =
        shown.toSorted().join() === known.join() &&
        (await rows(page, 'Locks').count()) === locks.length;
      return isRight && known.join() === pids.toSorted().join();
    },
    30_000,
  );
}

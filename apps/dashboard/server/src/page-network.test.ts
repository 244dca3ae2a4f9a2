import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { connection, launchBrowser, openPage, rows, skip } from './fixtures/browser.ts';
import { aChild, exited, startFakeForker } from './fixtures/fake-forker.ts';
import { aLock } from './fixtures/locks.ts';
import { dashboardConfig, startDashboard, temporaryDirectory } from './fixtures/running-dashboard.ts';

let browser: Awaited<ReturnType<typeof launchBrowser>>;
before(async () => {
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
});

test('a dashboard that is started anew under an open page needs no reload', { skip, timeout: 60_000 }, async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  await using forker = await startFakeForker(controlSocketPath(config));
  const first = await startDashboard(config);
  const port = Number(new URL(first.origin).port);
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  const { page } = await openPage(browser, first.origin);
  await rows(page).filter({ hasText: '4000001' }).waitFor();
  await first[Symbol.asyncDispose]();
  await connection(page)
    .getByText(/RECONNECTING|STALE/)
    .waitFor();
  forker.publish(exited('c1'));
  forker.publish({ kind: 'child.spawned', child: aChild('c2') });
  await using _second = await startDashboard(dashboardConfig(directory.path, { listen: { host: '127.0.0.1', port } }));
  await rows(page).filter({ hasText: '4000002' }).waitFor({ timeout: 30_000 });
  await rows(page).filter({ hasText: '4000001' }).waitFor({ state: 'detached' });
  await connection(page).getByText(/^LIVE/).waitFor();
});

/** A generator of the same numbers each time, so that a failure can be seen again (Numerical Recipes' LCG). */
function* chances(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    yield state / 2 ** 32;
  }
}

test(
  'a network that loses, doubles and swaps messages cannot make the page wrong',
  { skip, timeout: 60_000 },
  async () => {
    using directory = temporaryDirectory();
    const config = dashboardConfig(directory.path);
    await using forker = await startFakeForker(controlSocketPath(config));
    await using dashboard = await startDashboard(config);
    const { page } = await openPage(browser, `${dashboard.origin}/healthz`);
    const chance = chances(7);
    let harmed = 0;
    await page.routeWebSocket(/\/live$/, (socket) => {
      const server = socket.connectToServer();
      let late: string | Buffer | null = null;
      server.onMessage((message) => {
        const fate = chance.next().value;
        const harm = fate < 0.45 && harmed < 200 && !/^\{"type":"(hello|heartbeat|snapshot)/.test(String(message));
        if (harm) harmed += 1;
        if (harm && fate < 0.15) return;
        if (harm && fate < 0.3) {
          late = message;
          return;
        }
        socket.send(message);
        if (harm) socket.send(message);
        if (late !== null) socket.send(late);
        late = null;
      });
    });
    await page.goto(dashboard.origin);
    await connection(page).getByText(/^LIVE/).waitFor();
    for (let step = 0; step < 60; step += 1) {
      forker.publish({ kind: 'child.spawned', child: aChild(`c${step}`) });
      if (step % 3 === 0) forker.publish(exited(`c${step}`));
      if (step % 5 === 0) forker.publish({ kind: 'lock.acquired', lock: aLock(`l${step}`) });
      if (step % 10 === 0) forker.publish({ kind: 'lock.released', id: `l${step}` });
      await page.waitForTimeout(20);
    }
    assert.ok(harmed > 10, 'the network did its worst');
    const state = (await (await dashboard.fetch('/api/state')).json()) as { children: unknown[]; locks: unknown[] };
    assert.deepEqual([state.children.length, state.locks.length], [40, 6]);
    await page.getByRole('list', { name: 'Totals' }).getByText('40', { exact: true }).waitFor();
    await rows(page, 'Locks').nth(5).waitFor();
    assert.equal(await rows(page, 'Locks').count(), 6);
    assert.equal(await page.getByRole('table', { name: 'Children' }).getAttribute('aria-rowcount'), '41');
  },
);

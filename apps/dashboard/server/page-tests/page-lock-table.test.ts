import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator } from '@playwright/test';
import { findFaults, rows, skip, useBrowser } from '../test-support/browser.ts';
import { aChild } from '../test-support/fake-forker.ts';
import { aLock, aParty } from '../test-support/locks.ts';
import { startPageStage } from '../test-support/page-stage.ts';

const openPage = useBrowser();

async function stage(viewport: { readonly width: number; readonly height: number }) {
  const stand = await startPageStage(openPage);
  await stand.page.setViewportSize(viewport);
  return { ...stand, lock: (name: string) => rows(stand.page, 'Locks').filter({ hasText: name }) };
}

type Staged = Awaited<ReturnType<typeof stage>>;

const longName = '~launchpad-importers/gnome-shell-extensions/import-of-the-day';

/**
 * A lock with a long name, a holder with a long one, findings, and many who wait; and a held lock
 * beside it.
 */
function crowd({ forker }: Staged): void {
  const reasons = ['it was taken on this host by this user', 'process 15443 is gone'];
  const holder = aParty(null, {
    pid: 15_443,
    user: 'Nightly Import <nightly-import@build-17.example.invalid>',
  });
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  forker.publish({
    kind: 'lock.acquired',
    lock: aLock('l1', {
      name: longName,
      kind: 'working-tree',
      condition: 'stale',
      holder,
      reasons,
    }),
  });
  forker.publish({ kind: 'lock.acquired', lock: aLock('l2', { name: '~demo/project/held' }) });
  for (let number = 10; number < 40; number += 1) {
    const waiter = aParty(null, {
      pid: number,
      user: `nightly-importer-${number}`,
      host: 'build-17.internal.example',
    });
    forker.publish({ kind: 'lock.contended', id: 'l1', waiter });
    forker.publish({ kind: 'lock.contended', id: 'l2', waiter });
  }
}

/** Where an element begins and ends, in pixels of the window. */
async function sides(target: Locator): Promise<{ readonly left: number; readonly right: number }> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  assert.ok(box !== null, 'it is drawn');
  return { left: box.x, right: box.x + box.width };
}

for (const [width, height] of [
  [1280, 800],
  [1000, 800],
  [375, 812],
] as const)
  test(`at ${width} px the way to break a lock is in sight, whoever waits`, { skip }, async () => {
    await using stand = await stage({ width, height });
    const { page, lock } = stand;
    crowd(stand);
    await lock(longName).getByText('30: nightly-importer-10, nightly-importer-11, +28').waitFor();
    for (const name of [longName, '~demo/project/held']) {
      const row = lock(name);
      const button = row.getByRole('button', { name: 'Break lock…' });
      const { left, right } = await sides(button);
      assert.ok(left >= 0 && right <= width, `${name}: ${left} to ${right}`);
      // Nothing lies over it.
      await button.click({ trial: true });
      const texts = await row.getByRole('cell').all();
      for (const cell of texts) {
        const { right } = await sides(cell);
        // Between the two widths the rest slides below the button; at the others nothing is cut
        // off.
        assert.ok(width === 1000 || right <= width, await cell.innerText());
      }
    }
    assert.deepEqual(await findFaults(page, `${width} px`), []);
  });

test('columns keep their places when waiters come and go', { skip }, async () => {
  await using stand = await stage({ width: 1280, height: 800 });
  const { forker, lock } = stand;
  forker.publish({ kind: 'lock.acquired', lock: aLock('l2', { name: '~demo/project/held' }) });
  const cells = async (): Promise<readonly (number | undefined)[]> =>
    Promise.all(
      (await lock('held').getByRole('cell').all()).map(
        async (cell) => (await cell.boundingBox())?.x,
      ),
    );
  await lock('held').getByText('nobody').waitFor();
  const alone = await cells();
  crowd(stand);
  await lock('~demo/project/held').getByText('30: ').waitFor();
  assert.deepEqual(await cells(), alone);
});

test('what the fork service found is shown, and nothing is made up', { skip }, async () => {
  await using stand = await stage({ width: 1280, height: 800 });
  const { lock } = stand;
  crowd(stand);
  const findings = lock(longName).locator('[data-name="Left behind?"]');
  assert.match(
    await findings.innerText(),
    /^✓ it was taken on this host by this user\s+✓ process 15443 is gone$/,
  );
  assert.equal(
    await lock('~demo/project/held').locator('[data-name="Left behind?"]').innerText(),
    '–',
  );
  await lock(longName).getByText('bzr serve --inet').waitFor();
});

test(
  'a deadlock is an alarm with a way out of it for each of its parties, and clean',
  { skip },
  async () => {
    await using stand = await stage({ width: 1280, height: 800 });
    const { forker, page, attention } = stand;
    const job = (pid: number, command: string): ReturnType<typeof aParty> =>
      aParty(null, { pid, user: 'root', command });
    const [gc, publisher] = [job(815, 'nightly-gc --all'), job(816, 'publish.sh noble')];
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    forker.publish({
      kind: 'lock.acquired',
      lock: aLock('A', { kind: 'script', name: 'A', holder: gc }),
    });
    forker.publish({
      kind: 'lock.acquired',
      lock: aLock('B', { kind: 'script', name: 'B', holder: publisher }),
    });
    forker.publish({ kind: 'lock.contended', id: 'B', waiter: gc });
    forker.publish({ kind: 'lock.contended', id: 'A', waiter: publisher });
    await attention.getByText(/Deadlock: root \(pid 81[56]\), root \(pid 81[56]\)/).waitFor();
    assert.equal(await attention.locator('[data-harm=alarm]').count(), 1);
    assert.equal(await attention.getByText(/blocks/).count(), 0);
    await attention.getByText('nightly-gc --all').waitFor();
    assert.equal(await attention.getByRole('button', { name: 'Break lock…' }).count(), 2);
    await page.getByRole('button', { name: 'Tree' }).click();
    await page.getByRole('list', { name: 'Wait trees' }).getByText('Deadlock').waitFor();
    assert.deepEqual(await findFaults(page, 'deadlock'), []);
  },
);

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import test from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { connection } from '@hatchery/testkit/browser';
import { assertDone } from '../test-support/outcome.ts';
import { takePicture } from '../test-support/pictures.ts';
import { rowOf, type Stand } from '../test-support/stand.ts';
import { useStand } from '../test-support/use-instance.ts';

let stand: Stand;

// A page finds its server again at the same address only.
useStand(
  (started) => {
    stand = started;
  },
  { port: freePort },
);

test('a page whose server is killed says so and disables actions, and is right again without a reload', async () => {
  const { page } = await stand.openPage();
  const stays = await stand.freeze('demo', ['branch', '-q', stand.trunk(), 'stays']);
  const leaves = await stand.freeze('anna', ['branch', '-q', stand.trunk('anna'), 'leaves']);
  for (const { pid } of [stays, leaves]) await rowOf(page, 'Children', pid).waitFor();
  // A reload would take this mark away.
  await page.evaluate('window.name = "the same page"');

  await killed('dashboard', async () => {
    await saysStale(page, 'Dashboard lost');
    await takePicture(page, 'story-server-killed');
    await cannotBePressed(
      rowOf(page, 'Children', stays.pid).getByRole('button', { name: 'Signal…' }),
    );
    // No session waits for the page.
    leaves.client.kill('SIGCONT');
    assertDone(await leaves.client.outcome);
    await rowOf(page, 'Children', leaves.pid).waitFor();
  });

  await connection(page).getByText(/^LIVE/).waitFor();
  await rowOf(page, 'Children', leaves.pid).waitFor({ state: 'detached' });
  await rowOf(page, 'Recently ended', leaves.pid).getByText('exit 0').waitFor();
  await rowOf(page, 'Children', stays.pid).waitFor();
  assert.equal(await page.evaluate('window.name'), 'the same page');

  // The new server knows everybody that the dead one knew: the page acts as before.
  await rowOf(page, 'Children', stays.pid).getByRole('button', { name: 'Signal…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('after the restart');
  await dialog.getByRole('button', { name: 'Send TERM' }).click();
  await dialog.getByText('The child has ended: SIGTERM.').waitFor();
  await page.close();
});

test('a killed fork service is reported, its children stay, and their ends are known when it is back', async () => {
  const { page } = await stand.openPage();
  const stays = await stand.freeze('demo', ['branch', '-q', stand.trunk(), 'stays-too']);
  const leaves = await stand.freeze('anna', ['branch', '-q', stand.trunk('anna'), 'leaves-too']);
  for (const { pid } of [stays, leaves]) await rowOf(page, 'Children', pid).waitFor();

  await killed('forker', async () => {
    await saysStale(page, 'Forker away');
    await cannotBePressed(page.getByRole('button', { name: 'Drain…' }));
    leaves.client.kill('SIGCONT');
    assertDone(await leaves.client.outcome);
    for (const { pid } of [stays, leaves]) await rowOf(page, 'Children', pid).waitFor();
  });

  await connection(page).getByText(/^LIVE/).waitFor();
  await rowOf(page, 'Recently ended', leaves.pid).getByText('exit 0').waitFor();
  await rowOf(page, 'Children', stays.pid).getByText('running').waitFor();
  await page.getByRole('region', { name: 'Needs attention' }).getByText('All is well').waitFor();
  stays.client.kill('SIGCONT');
  assertDone(await stays.client.outcome);
  await rowOf(page, 'Recently ended', stays.pid).getByText('exit 0').waitFor();
  await page.close();
});

/** Kills a part for as long as `meanwhile` takes: the process that would restart it is stopped. */
async function killed(part: string, meanwhile: () => Promise<void>): Promise<void> {
  const pid = await stand.instance.partPid(part);
  process.kill(stand.instance.pid, 'SIGSTOP');
  try {
    process.kill(pid, 'SIGKILL');
    await meanwhile();
  } finally {
    process.kill(stand.instance.pid, 'SIGCONT');
  }
}

async function saysStale(page: Page, concern: string): Promise<void> {
  await page.getByRole('region', { name: 'Needs attention' }).getByText(concern).waitFor();
  await connection(page)
    .getByText(/^STALE .*, actions off$/)
    .waitFor();
}

/** A button of stale data says why it does nothing. */
async function cannotBePressed(button: Locator): Promise<void> {
  assert.equal(await button.isDisabled(), true);
  assert.equal(
    await button.getAttribute('title'),
    'Actions are off while the data on this page is not live.',
  );
}

/** A port on which no process listens at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

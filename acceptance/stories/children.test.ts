import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { rows } from '@hatchery/testkit/browser';
import { assertDone } from '../test-support/outcome.ts';
import { takePicture, takesPictures } from '../test-support/pictures.ts';
import { halt, rowOf, type Stand, type Frozen } from '../test-support/stand.ts';
import { useStand } from '../test-support/use-instance.ts';

let stand: Stand;

useStand((started) => {
  stand = started;
});

test('a real brz branch appears on the page and leaves it, without a reload', async () => {
  const { page, complaints } = await stand.openPage();
  await page.getByText('No session right now').waitFor();
  // A reload would take this mark away.
  await page.evaluate('window.name = "the same page"');

  const watched = await stand.freeze('demo', ['branch', '-q', stand.trunk(), 'watched']);
  const row = rowOf(page, 'Children', watched.pid);
  await row.getByText('demo', { exact: true }).waitFor();
  await row.getByText('running').waitFor();
  await row.getByText(/\d\s%/).waitFor();

  watched.client.kill('SIGCONT');
  assertDone(await watched.client.outcome);
  await row.waitFor({ state: 'detached' });
  await rowOf(page, 'Recently ended', watched.pid).getByText('exit 0').waitFor();
  await page.getByText('No session right now').waitFor();
  assert.equal(await page.evaluate('window.name'), 'the same page');
  assert.deepEqual(complaints, []);
  await page.close();
});

test('three people at once are three rows, and when one client dies only its row leaves', async () => {
  const { page } = await stand.openPage();
  const [reading, pushing, cut] = await stand.freezeThree('held');
  for (const { pid, user } of [reading, pushing, cut]) {
    await rowOf(page, 'Children', pid).getByText(user, { exact: true }).waitFor();
  }

  cut.client.kill('SIGKILL');
  await rowOf(page, 'Children', cut.pid).waitFor({ state: 'detached', timeout: 40_000 });
  await rowOf(page, 'Recently ended', cut.pid).waitFor();
  assert.equal(await rows(page).count(), 2);
  for (const { client: waiting } of [reading, pushing]) {
    waiting.kill('SIGCONT');
    assertDone(await waiting.outcome);
  }
  await page.getByText('No session right now').waitFor();
  await page.close();
});

if (takesPictures) {
  test('the picture of the README', async () => {
    const { page } = await stand.openPage();
    await stand.client.brz('log', '--line', stand.trunk());
    await stand.client.try('info', stand.instance.url('~demo/nothing'));
    const clients = await stand.freezeThree('shown');
    await work(clients);
    await takePicture(page, 'children');
    await page.close();
  });
}

/** Lets the clients work a little at a time, so that the curves of the picture have a shape. */
async function work(clients: readonly Frozen[]): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    const { client: working } = clients[round % clients.length] ?? assert.fail();
    working.kill('SIGCONT');
    await delay(30 + 10 * (round % 4));
    halt(working);
    await delay(200);
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@hatchery/testkit';
import { rows, skip, useBrowser } from '../test-support/browser.ts';
import { aChild, aUsage, exited } from '../test-support/fake-forker.ts';
import { startPageStage } from '../test-support/page-stage.ts';

const openPage = useBrowser();

test(
  'a young child has charts from the stream, each with its numbers as a table',
  { skip },
  async () => {
    await using stand = await startPageStage(openPage);
    const { forker, page, details } = stand;
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    await rows(page).getByRole('link', { name: '4000001' }).click();
    await details.getByText('Not enough samples').waitFor();
    const chart = details.getByRole('img', { name: /^CPU, at most/ });
    let sample = 0;
    await until('the chart', async () => {
      sample += 1;
      forker.publish({ kind: 'child.usage', samples: [{ id: 'c1', usage: aUsage(10 * sample) }] });
      await page.waitForTimeout(300);
      return chart.isVisible();
    });
    await details.getByText('As a table').first().click();
    const table = details.getByRole('table', { name: 'CPU' });
    await table.getByText('10.0 %', { exact: true }).waitFor();
    await table.getByText('20.0 %', { exact: true }).waitFor();
  },
);

test(
  'what a child has logged is read in its details, controls made visible, and an empty log is said',
  { skip },
  async () => {
    await using stand = await startPageStage(openPage);
    const { forker, page, details } = stand;
    forker.publish({ kind: 'child.spawned', child: aChild('c1') });
    forker.publish({ kind: 'child.spawned', child: aChild('c2') });
    const at = new Date().toISOString();
    const lines = ['Traceback (most recent call last):', 'KeyError: \u001b[2J<b>'].map((text) => ({
      at,
      text,
    }));
    forker.logs.set('c1', { lines, cut: true });
    await rows(page).getByRole('link', { name: '4000001' }).click();
    await details.getByRole('heading', { name: 'Tracebacks and crashes' }).waitFor();
    const log = details.getByRole('region', { name: 'Tracebacks and crashes' }).locator('pre');
    await log.waitFor();
    assert.equal(
      await log.innerText(),
      'Traceback (most recent call last):\nKeyError: \\x1b[2J<b>\n',
    );
    await details.getByText('the log of the service has all').waitFor();
    await rows(page).getByRole('link', { name: '4000002' }).click();
    await details.getByText('It logged no error of ours').waitFor();
  },
);

test('the header stays within reach beside the details', { skip }, async () => {
  await using stand = await startPageStage(openPage);
  const { forker, page, details } = stand;
  forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  await rows(page).getByRole('link', { name: '4000001' }).click();
  await details.waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume' }).click();
});

test(
  'rows keep their places under the pointer, and take their own once it leaves',
  { skip },
  async () => {
    await using stand = await startPageStage(openPage);
    const { forker, page } = stand;
    const pids = async (): Promise<string> =>
      (await rows(page).getByRole('link').allInnerTexts()).join(' ');
    const eventually = (wanted: string): Promise<true> =>
      until(`the order ${wanted}`, async () => (await pids()) === wanted);
    for (const id of ['c1', 'c2', 'c3'])
      forker.publish({ kind: 'child.spawned', child: aChild(id) });
    const use = (...shares: readonly number[]): void =>
      forker.publish({
        kind: 'child.usage',
        samples: shares.map((share, index) => ({ id: `c${index + 1}`, usage: aUsage(share) })),
      });
    use(30, 20, 10);
    await page.getByRole('button', { name: 'CPU' }).click();
    await eventually('4000001 4000002 4000003');
    await rows(page).nth(1).hover();
    use(10, 20, 30);
    await rows(page).first().getByText('10.0 %').waitFor();
    forker.publish({ kind: 'child.spawned', child: aChild('c4') });
    await rows(page).nth(3).waitFor();
    assert.equal(await pids(), '4000001 4000002 4000003 4000004', 'a new one comes last');
    forker.publish(exited('c2'));
    await eventually('4000001 4000003 4000004');
    await page.mouse.move(5, 5);
    await eventually('4000003 4000001 4000004');
  },
);

test(
  'a filter, a view and an order are in the address, and a reload shows the same',
  { skip },
  async () => {
    await using stand = await startPageStage(openPage);
    const { forker, page } = stand;
    for (const [id, user] of [
      ['c1', 'anna'],
      ['c2', 'bo'],
      ['c3', 'bo'],
    ] as const)
      forker.publish({
        kind: 'child.spawned',
        child: aChild(id, { user, startedAt: new Date(Date.now() - 600_000).toISOString() }),
      });
    await rows(page).nth(2).waitFor();
    await page.getByLabel('Filter').fill('user:bo age>5m');
    await page.getByRole('button', { name: 'Running' }).click();
    await page.getByRole('button', { name: 'PID' }).click();
    await page.waitForURL(
      (url) =>
        url.searchParams.get('sort') === '-pid' && url.searchParams.get('view') === 'running',
    );
    await page.reload();
    await rows(page).nth(1).waitFor();
    assert.deepEqual(await rows(page).getByRole('link').allInnerTexts(), ['4000003', '4000002']);
    await page.getByText('showing 2 of 3').waitFor();
    await page.getByLabel('Filter').fill('user:nobody');
    await page.getByText('No child matches.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await rows(page).nth(2).waitFor();
  },
);

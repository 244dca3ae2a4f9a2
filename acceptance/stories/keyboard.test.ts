import assert from 'node:assert/strict';
import test from 'node:test';
import type { Page } from '@playwright/test';
import { rows } from '@hatchery/testkit/browser';
import { rowOf, type Stand } from '../test-support/stand.ts';
import { useStand } from '../test-support/use-instance.ts';

let stand: Stand;

useStand((started) => {
  stand = started;
});

test('from the first look to a killed session and its audit, with the keyboard alone', async () => {
  const { page, complaints } = await stand.openPage();
  const { keyboard } = page;
  const [reading, pushing] = await stand.freezeThree('typed');
  for (const { pid } of [reading, pushing]) await rowOf(page, 'Children', pid).waitFor();

  await keyboard.press('/');
  await keyboard.type('user:anna');
  await rowOf(page, 'Children', reading.pid).waitFor({ state: 'detached' });
  // Leave the field, so that letters are shortcuts again.
  await keyboard.press('Tab');
  await keyboard.press('j');
  await page.locator('tr[data-marked=true]').waitFor();
  await keyboard.press('Enter');
  await page
    .getByRole('complementary')
    .getByRole('heading', { name: `Child ${pushing.pid}` })
    .waitFor();
  await tabTo(page, 'Signal…');
  await keyboard.press('Enter');

  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  assert.equal(await focused(page), 'Cancel', 'the harmless button comes first');
  await tabTo(page, /^TERM/, 'Shift+Tab');
  await keyboard.press('ArrowDown');
  await tabTo(page, /^Reason/);
  await keyboard.type('by hand');
  await keyboard.press('Enter');
  assert.equal(
    await rowOf(page, 'Children', pushing.pid).count(),
    1,
    'no Enter before the pid is typed',
  );
  await tabTo(page, /to confirm$/);
  await keyboard.type(String(pushing.pid));
  await tabTo(page, 'Send KILL');
  await keyboard.press('Enter');
  await dialog.getByText('The child has ended: SIGKILL.').waitFor();
  assert.equal(await focused(page), 'Close');
  await keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await keyboard.press('Escape');
  await page.getByRole('complementary').waitFor({ state: 'detached' });

  await keyboard.press('Control+k');
  await keyboard.type('go to audit');
  await keyboard.press('Enter');
  await rows(page, 'Audit').filter({ hasText: 'by hand' }).getByText('signal SIGKILL').waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

/** The announced name of the focused element. */
async function focused(page: Page): Promise<string> {
  const name: unknown = await page.evaluate(`(() => {
    const at = document.activeElement;
    return at?.getAttribute('aria-label') ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? '';
  })()`);
  return String(name).trim();
}

/** More tab stops than any page or dialog with three children has. */
const stopsMax = 60;

/** Presses Tab until an element with this name has the focus. */
async function tabTo(
  page: Page,
  name: string | RegExp,
  key: 'Tab' | 'Shift+Tab' = 'Tab',
): Promise<void> {
  const passed: string[] = [];
  while (passed.length < stopsMax) {
    await page.keyboard.press(key);
    const at = await focused(page);
    if (typeof name === 'string' ? at === name : name.test(at)) return;
    passed.push(at);
  }
  assert.fail(`no stop is named ${String(name)}: ${passed.join(' | ')}`);
}

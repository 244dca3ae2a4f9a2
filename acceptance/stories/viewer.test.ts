import assert from 'node:assert/strict';
import test from 'node:test';
import type { Page } from '@playwright/test';
import type { Lock } from '@hatchery/events';
import { connection, findFaults, openPage, rows } from '@hatchery/testkit/browser';
import { assertDone } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';
import { rowOf, type Stand, type Frozen } from '../test-support/stand.ts';
import { useStand } from '../test-support/use-instance.ts';

/** A way to become a viewer; each sign-in that supports roles adds its own. */
interface WayIn {
  readonly name: string;
  readonly open: (stand: Stand) => ReturnType<typeof openPage>;
}

const waysIn: readonly WayIn[] = [
  {
    name: 'who did not sign in at this machine',
    open: ({ browser, instance }) =>
      openPage(browser, instance.ready.dashboard, { patienceMs: 30_000 }),
  },
  { name: 'who opened a link for viewers', open: (stand) => stand.openPage({}, 'viewer') },
];

let stand: Stand;

useStand((started) => {
  stand = started;
});

for (const [index, { name, open }] of waysIn.entries()) {
  test(`a viewer, ${name}, sees everything, is told why not, and is refused by the server for every verb`, async () => {
    // A branch of its own: what one push has sent, the next need not send, so it is over before it
    // can be stopped.
    const holder = await stand.freezePush('demo', `~demo/project/looked-at-${index}`);
    const { page } = await open(stand);
    await connection(page).getByText(/^LIVE/).waitFor();
    await rowOf(page, 'Children', holder.pid).waitFor();
    await rows(page, 'Locks').first().waitFor();
    for (const open of ['Signal…', 'Break lock…', 'Drain…']) await isExplained(page, open);

    for (const { verb, path, body } of await everyVerb(holder)) {
      const { status, error } = await post(page, path, body);
      assert.equal(status, 403, verb);
      assert.match(error, /^This needs the role (operator|admin); you are viewer\. /, verb);
    }
    await nothingHappened(holder);
    await page.close();
  });
}

test('an operator, who opened a link for operators, is refused what needs an admin, and ends a child by TERM', async () => {
  const holder = await stand.freezePush('demo', '~demo/project/operated');
  const { page } = await stand.openPage({}, 'operator');
  await rowOf(page, 'Children', holder.pid).waitFor();
  for (const { verb, path, body } of await everyVerb(holder)) {
    if (verb === 'TERM') continue;
    const { status, error } = await post(page, path, body);
    assert.equal(status, 403, verb);
    assert.match(error, /^This needs the role admin; you are operator\./, verb);
  }
  await rowOf(page, 'Children', holder.pid).getByRole('button', { name: 'Signal…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('it hangs');
  await dialog.getByRole('radio', { name: /^KILL/ }).check();
  await dialog.getByText('KILL needs the role admin; you are operator.').first().waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Send KILL' }).isEnabled(), false);
  await dialog.getByRole('radio', { name: /^TERM/ }).check();
  await dialog.getByRole('button', { name: 'Send TERM' }).click();
  await dialog.getByText('The child has ended: SIGTERM.').waitFor();
  const audit = assertDone(await stand.instance.hatchery('audit', '--json'));
  assert.match(audit, /"operator"/);
  await page.close();
});

test('a link does not work in a second browser, which learns that and how to get another', async () => {
  const link = await stand.instance.signInUrl();
  const first = await openPage(stand.browser, link, { patienceMs: 30_000 });
  await first.page.getByText('admin', { exact: true }).first().waitFor();
  const second = await openPage(stand.browser, link, { patienceMs: 30_000 });
  await second.page.getByRole('heading', { name: 'This sign-in link was used already' }).waitFor();
  await second.page.getByText('./hatchery sign-in').waitFor();
  assert.deepEqual(await findFaults(second.page, 'used link'), []);
  await second.page.getByRole('link', { name: 'To the page' }).click();
  await connection(second.page).getByText(/^LIVE/).waitFor();
  await second.page.getByText('viewer', { exact: true }).first().waitFor();
  for (const { page } of [first, second]) await page.context().close();
});

test('a browser without scripts signs in by the button', async () => {
  const context = await stand.browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(await stand.instance.signInUrl('operator'));
  await page.getByText('This link signs one browser in as operator, once.').waitFor();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.goto(new URL('/sign-out', stand.instance.ready.dashboard).href);
  await page.getByText('You are operator, with the role operator.').waitFor();
  await context.close();
});

test('an admin is refused for every verb when the request comes from another page, or from none', async () => {
  const holder = await stand.freezePush('demo', '~demo/project/guarded');
  const { page } = await stand.openPage();
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const foreign: readonly Record<string, string>[] = [
    {},
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: stand.instance.ready.dashboard.replace(/^http:/, 'https:').replace(/\/$/, '') },
  ];
  for (const headers of foreign) {
    for (const { verb, path, body } of await everyVerb(holder)) {
      const response = await fetch(new URL(path, stand.instance.ready.dashboard), {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie, ...headers },
        body: JSON.stringify(body),
      });
      assert.equal(response.status, 403, `${verb} from ${headers['origin'] ?? 'no page'}`);
    }
  }
  await nothingHappened(holder);
  await page.close();
});

/** The button opens a dialog, which explains and cannot be made to act. */
async function isExplained(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('You are a viewer, who can look but not act.').first().waitFor();
  await dialog.getByLabel('Reason').fill('I would like to');
  const acting = dialog.locator('.buttons button:not([data-harmless])');
  assert.ok((await acting.count()) > 0, button);
  for (const act of await acting.all()) assert.equal(await act.isDisabled(), true, button);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
}

interface Deed {
  readonly verb: string;
  readonly path: string;
  readonly body: object;
}

/** Every verb, as the page would ask for it: everything is right except the user. */
async function everyVerb({ id, pid }: Frozen): Promise<readonly Deed[]> {
  const { children } = await stand.instance.state();
  const { startTime } = children.find((child) => child.id === id) ?? assert.fail();
  const lock = await lockOf(id);
  const reason = 'to see whether I may';
  return [
    {
      verb: 'TERM',
      path: `/api/children/${id}/signal`,
      body: { signal: 'TERM', reason, pid, startTime },
    },
    {
      verb: 'KILL',
      path: `/api/children/${id}/signal`,
      body: { signal: 'KILL', reason, pid, startTime },
    },
    {
      verb: 'break',
      path: `/api/locks/${lock.id}/break`,
      body: { reason, nonce: lock.nonce, force: false },
    },
    {
      verb: 'force',
      path: `/api/locks/${lock.id}/break`,
      body: { reason, nonce: lock.nonce, force: true },
    },
    { verb: 'drain', path: '/api/drain', body: { reason } },
    { verb: 'undrain', path: '/api/undrain', body: { reason } },
  ];
}

function lockOf(childId: string): Promise<Lock> {
  return until('the lock', async () => {
    const { locks } = await stand.instance.state();
    return locks.find(({ holder }) => holder?.childId === childId);
  });
}

/** Asks as scripts of the page itself would, with all that the browser adds. */
async function post(
  page: Page,
  path: string,
  body: object,
): Promise<{ status: number; error: string }> {
  const request = `fetch(${JSON.stringify(path)}, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(body))},
  }).then(async (response) => ({ status: response.status, error: (await response.json()).error }))`;
  return page.evaluate(request);
}

/** The child is alive and has its lock, no part drains, and the push completes. */
async function nothingHappened({ id, client }: Frozen): Promise<void> {
  const { children, locks, draining } = await stand.instance.state();
  assert.equal(children.find((child) => child.id === id)?.state, 'running');
  assert.equal(locks.find(({ holder }) => holder?.childId === id)?.condition, 'held');
  assert.equal(draining, false);
  client.kill('SIGCONT');
  assertDone(await client.outcome);
}

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import test, { after, afterEach, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Locator, type Page } from '@playwright/test';
import { Client, openssh } from './harness/client.ts';
import { makeHistory } from './harness/history.ts';
import { Instance } from './harness/instance.ts';
import { assertDone } from './harness/outcome.ts';
import { run, until, type Running } from './harness/run.ts';

/** The README shows it; taken on demand only, since no two are alike. */
const picture = fileURLToPath(new URL('../../docs/pictures/children.png', import.meta.url));
const takesPicture = process.env['HATCHERY_PICTURES'] === '1';

let instance: Instance;
let client: Client;
let history: string;
let browser: Browser;
/** Clients that a test stopped; one that a failed test left would keep its session for ever. */
const held: Held[] = [];

before(async () => {
  instance = await Instance.start();
  client = new Client(instance);
  history = await makeHistory(client, 'history', { revisions: 620, files: 210 }, 17);
  await client.brz('push', '-q', '-d', history, instance.url('~demo/project/trunk'));
  await addUser('anna');
  await addUser('bo');
  const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
});

afterEach(async () => {
  for (const { client: left } of held.splice(0)) {
    left.kill('SIGKILL');
    await left.outcome;
  }
});

after(async () => {
  await browser?.close();
  await instance.stop();
});

test('a real brz branch appears on the page and leaves it, without a reload', async () => {
  const { page, complaints } = await openPage();
  await page.getByText('No session right now').waitFor();
  // A reload would take this mark away.
  await page.evaluate('window.name = "the same page"');

  const watched = await hold('demo', 'branch', '-q', instance.url('~demo/project/trunk'), 'watched');
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

test('three people at once are three rows, and one whose client dies leaves alone', async () => {
  const { page } = await openPage();
  const [reading, pushing, cut] = await holdThree('held');
  for (const { pid, user } of [reading, pushing, cut]) {
    await rowOf(page, 'Children', pid).getByText(user, { exact: true }).waitFor();
  }

  cut.client.kill('SIGKILL');
  await rowOf(page, 'Children', cut.pid).waitFor({ state: 'detached', timeout: 40_000 });
  await rowOf(page, 'Recently ended', cut.pid).waitFor();
  assert.equal(await page.getByRole('table', { name: 'Children' }).getByRole('row').count(), 1 + 2);
  for (const { client: waiting } of [reading, pushing]) {
    waiting.kill('SIGCONT');
    assertDone(await waiting.outcome);
  }
  await page.getByText('No session right now').waitFor();
  await page.close();
});

if (takesPicture) {
  test('the picture of the README', async () => {
    const { page } = await openPage();
    await client.brz('log', '--line', instance.url('~demo/project/trunk'));
    await client.try('info', instance.url('~demo/nothing'));
    const clients = await holdThree('shown');
    await work(clients);
    mkdirSync(dirname(picture), { recursive: true });
    await page.screenshot({ path: picture });
    await page.close();
  });
}

/** Lets the clients go on a little at a time, so that the curves of the picture have a shape. */
async function work(clients: readonly Held[]): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    const { client: working } = clients[round % clients.length] ?? assert.fail();
    working.kill('SIGCONT');
    await delay(30 + 10 * (round % 4));
    working.kill('SIGSTOP');
    await delay(200);
  }
}

/** A brz that is stopped in the middle of its session. */
interface Held {
  readonly user: string;
  readonly client: Running;
  /** Pid of the child that serves it. */
  readonly pid: number;
}

/** Starts brz as this user and stops it as soon as its child runs, so that the child waits for it. */
async function hold(user: string, ...argv: string[]): Promise<Held> {
  const ssh = user === 'demo' ? openssh(instance) : openssh(instance, client.path(user));
  const started = new Client(instance, { ssh, email: `${user} <${user}@example.invalid>` }).start(...argv);
  const pid = await until(`a child of ${user}`, async () => {
    const children = await instance.children();
    return children.find((child) => child.user === user && child.state === 'running')?.pid;
  });
  started.kill('SIGSTOP');
  const one = { user, client: started, pid };
  held.push(one);
  return one;
}

/** Two who read and one who writes, each with a branch of this name. */
async function holdThree(name: string): Promise<[Held, Held, Held]> {
  return [
    await hold('demo', 'branch', '-q', instance.url('~demo/project/trunk'), name),
    await hold('anna', 'push', '-q', '-d', history, instance.url(`~anna/project/${name}`, 'anna')),
    await hold('bo', 'branch', '-q', instance.url('~demo/project/trunk', 'bo'), `${name}-too`),
  ];
}

async function addUser(user: string): Promise<void> {
  const key = client.path(user);
  assertDone(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]));
  assertDone(await instance.hatchery('user', 'add', user, '--key', `${key}.pub`));
}

/** The page as the person sees it who opens the sign-in link, and what the browser complained of. */
async function openPage(): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(instance.ready.dashboardSignIn);
  await page.getByRole('status', { name: 'Connection' }).getByText(/^LIVE/).waitFor();
  await page.getByText('admin').first().waitFor();
  return { page, complaints };
}

function rowOf(page: Page, table: string, pid: number): Locator {
  return page
    .getByRole('table', { name: table })
    .getByRole('row')
    .filter({ has: page.getByText(String(pid), { exact: true }) });
}

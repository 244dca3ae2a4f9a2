// Long: one suite; its tests share one server and one clock.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Role } from '@hatchery/events';
import {
  makeLinkToken,
  readSignInKey,
  signInKeyPath,
  signInLinkMsMax,
} from '@hatchery/sign-in-links';
import { heardLog } from '../../test-support/heard-log.ts';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  press,
  startDashboard,
  temporaryDirectory,
  type RunningDashboard,
} from '../../test-support/running-dashboard.ts';

interface Stage extends AsyncDisposable {
  readonly here: RunningDashboard;
  readonly key: Buffer;
  readonly keyPath: string;
  readonly lines: readonly string[];
  /** A link with this token. */
  link(token: string): string;
  /** Stops the dashboard and starts another one with the same files. */
  restart(): Promise<void>;
}

async function stage(directory: string, port = 0): Promise<Stage> {
  const { log, lines } = heardLog();
  const start = (at: number): Promise<RunningDashboard> =>
    startDashboard(
      dashboardConfig(directory, { listen: { host: '127.0.0.1', port: at } }),
      pageFixture(directory),
      log,
    );
  let here = await start(port);
  const keyPath = signInKeyPath(dashboardConfig(directory));
  return {
    get here() {
      return here;
    },
    key: readSignInKey(keyPath),
    keyPath,
    lines,
    link: (token) => `${here.origin}/sign-in?token=${token}`,
    restart: async () => {
      await here[Symbol.asyncDispose]();
      // The cookie's name contains the port.
      here = await start(here.port);
    },
    [Symbol.asyncDispose]: () => here[Symbol.asyncDispose](),
  };
}

/** The role of the browser with this cookie; `visitor` is one that is not signed in. */
async function whoIs(here: RunningDashboard, cookie: string): Promise<string> {
  const response = await here.fetch('/api/session', { headers: { cookie } });
  return ((await response.json()) as { name: string }).name;
}

const cookieOf = (response: Response): string =>
  response.headers.getSetCookie()[0]?.split(';')[0] ?? '';

test('opening a link does not use it up and signs nobody in; pressing its button does, once', async () => {
  using directory = temporaryDirectory();
  await using running = await stage(directory.path);
  const { printedLink } = running.here;
  for (const method of ['GET', 'GET', 'HEAD']) {
    const looked = await fetch(printedLink, { method, redirect: 'manual' });
    assert.equal(looked.status, 200);
    assert.equal(looked.headers.get('set-cookie'), null);
    assert.equal(
      looked.headers.get('referrer-policy'),
      'strict-origin',
      'the token is in no referrer',
    );
    assert.equal(looked.headers.get('cache-control'), 'no-store');
  }
  const first = await press(printedLink);
  assert.equal(first.status, 303);
  assert.equal(await whoIs(running.here, cookieOf(first)), 'admin');
  for (const again of [await press(printedLink), await fetch(printedLink)]) {
    assert.equal(again.status, 403);
    assert.equal(again.headers.get('set-cookie'), null);
    assert.match(await again.text(), /was used already.*\.\/hatchery sign-in/);
  }
  assert.equal(await whoIs(running.here, cookieOf(first)), 'admin', 'who came first stays');
});

test('of many that press the same link at once, exactly one signs in', async () => {
  using directory = temporaryDirectory();
  await using running = await stage(directory.path);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => press(running.here.printedLink)),
  );
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [
    303,
    ...Array<number>(19).fill(403),
  ]);
});

test('a used link stays used after a restart, and its user stays signed in', async () => {
  using directory = temporaryDirectory();
  await using running = await stage(directory.path);
  const { printedLink } = running.here;
  const unused = running.link(makeLinkToken(running.key, 'operator', Date.now()));
  const cookie = cookieOf(await press(printedLink));
  await running.restart();
  assert.equal(await whoIs(running.here, cookie), 'admin');
  assert.equal((await press(printedLink)).status, 403);
  assert.notEqual(running.here.printedLink, printedLink);
  assert.equal(
    await whoIs(running.here, cookieOf(await press(unused))),
    'operator',
    'nobody has opened it yet',
  );
});

test('a user who signed out is still signed out after a restart', async () => {
  using directory = temporaryDirectory();
  await using running = await stage(directory.path);
  const cookie = await running.here.signIn();
  const { origin } = running.here;
  const out = await running.here.fetch('/sign-out', {
    method: 'POST',
    headers: { cookie, origin },
  });
  assert.equal(out.status, 200);
  assert.equal(await whoIs(running.here, cookie), 'visitor');
  await running.restart();
  assert.equal(await whoIs(running.here, cookie), 'visitor');
});

for (const role of ['viewer', 'operator', 'admin'] satisfies Role[])
  test(`a link for the role ${role} gives exactly that role`, async () => {
    using directory = temporaryDirectory();
    await using running = await stage(directory.path);
    const { here } = running;
    const cookie = await here.signIn(role);
    assert.equal(await whoIs(here, cookie), role);
    const { status } = await here.fetch('/api/drain', {
      method: 'POST',
      headers: { cookie, origin: here.origin, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'x' }),
    });
    assert.equal(status === 403, role !== 'admin');
  });

const now = Date.now();
const bad: readonly (readonly [string, (key: Buffer, good: string) => string, RegExp])[] = [
  ['nothing in it', () => '', /not valid/],
  ['another role than was signed', (_key, good) => good.replace(/^operator/, 'admin'), /not valid/],
  ['another time than was signed', (_key, good) => good.replace(/\.\d/, '.9'), /not valid/],
  ['a signature that was cut', (_key, good) => good.slice(0, -1), /not valid/],
  [
    'a signature that is another',
    (_key, good) => `${good.slice(0, -43)}${'A'.repeat(43)}`,
    /not valid/,
  ],
  ['words after it', (_key, good) => `${good}x`, /not valid/],
  [
    'the key of another instance',
    () => makeLinkToken(Buffer.alloc(32, 7), 'admin', now),
    /not valid/,
  ],
  ['a role that there is not', (key) => makeLinkToken(key, 'root', now), /not valid/],
  ['a role of objects', (key) => makeLinkToken(key, 'constructor', now), /not valid/],
  [
    'its time over',
    (key) => makeLinkToken(key, 'admin', now - signInLinkMsMax),
    /has expired.*60 minutes/,
  ],
  [
    'a time to come, as after a clock was set back',
    (key) => makeLinkToken(key, 'admin', now + 600_000),
    /has expired/,
  ],
];
for (const [name, forge, told] of bad)
  test(`a link with ${name} signs nobody in`, async () => {
    using directory = temporaryDirectory();
    await using running = await stage(directory.path);
    const token = forge(running.key, makeLinkToken(running.key, 'operator', Date.now()));
    const link = running.link(encodeURIComponent(token));
    for (const response of [await fetch(link, { redirect: 'manual' }), await press(link)]) {
      assert.equal(response.status, 403);
      assert.equal(response.headers.get('set-cookie'), null);
      assert.match(await response.text(), told);
    }
  });

test('a page of another site cannot press the button', async () => {
  using directory = temporaryDirectory();
  await using running = await stage(directory.path);
  for (const origin of [
    'http://evil.example',
    'null',
    running.here.origin.replace('http', 'https'),
  ])
    assert.equal((await press(running.here.printedLink, { origin })).status, 403, origin);
  const bare = await fetch(running.here.printedLink, { method: 'POST', redirect: 'manual' });
  assert.equal(bare.status, 403);
  assert.equal((await press(running.here.printedLink)).status, 303, 'and uses nothing up by that');
});

test('a dashboard that lost its memory accepts no earlier link, used or not', async () => {
  using directory = temporaryDirectory();
  await using running = await stage(directory.path);
  const { printedLink } = running.here;
  const cookie = cookieOf(await press(printedLink));
  await running.here[Symbol.asyncDispose]();
  writeFileSync(
    join(directory.path, 'dashboard', 'sign-in.db'),
    'this is no database, and long enough to be read as one'.repeat(20),
  );
  for (const companion of ['-wal', '-shm'])
    rmSync(join(directory.path, 'dashboard', `sign-in.db${companion}`), { force: true });
  await running.restart();
  assert.match(await (await press(printedLink)).text(), /has expired/);
  assert.equal(await whoIs(running.here, cookie), 'visitor');
  assert.equal((await press(running.here.printedLink)).status, 303);
});

test('only their owner can read key and sign-ins, and neither the files nor the log contain a secret', async () => {
  using directory = temporaryDirectory();
  await using running = await stage(directory.path);
  const { printedLink } = running.here;
  const cookie = cookieOf(await press(printedLink));
  await press(printedLink);
  const place = join(directory.path, 'dashboard');
  for (const file of ['sign-in.key', 'sign-in.db', 'sign-in.db-wal', 'sign-in.db-shm'])
    assert.equal(statSync(join(place, file)).mode & 0o077, 0, file);
  const kept = ['sign-in.db', 'sign-in.db-wal']
    .map((file) => readFileSync(join(place, file), 'latin1'))
    .join('');
  const [, secret = ''] = cookie.split('=');
  const token = new URL(printedLink).searchParams.get('token') ?? '';
  for (const text of [kept, running.lines.join('\n')]) {
    assert.ok(text.length > 0);
    for (const hidden of [secret, token, running.key.toString('base64url')])
      assert.ok(hidden !== '' && !text.includes(hidden));
  }
});

for (const [name, harm] of [
  ['that others can read', (path: string) => chmodSync(path, 0o640)],
  ['that is damaged', (path: string) => writeFileSync(path, 'AAAA\n')],
  ['that is empty', (path: string) => writeFileSync(path, '')],
] as const)
  test(`a key ${name} is replaced by a new one, and its links sign nobody in`, async () => {
    using directory = temporaryDirectory();
    await using running = await stage(directory.path);
    const old = running.link(makeLinkToken(running.key, 'admin', Date.now()));
    harm(running.keyPath);
    await running.restart();
    assert.equal((await press(old)).status, 403);
    assert.ok(
      running.lines.some((line) => line.startsWith('there is a new key for sign-in links')),
    );
    assert.equal(statSync(running.keyPath).mode & 0o077, 0);
    assert.equal((await press(running.here.printedLink)).status, 303);
  });

test('without a place for a key the dashboard starts, says so, and the printed link signs in once', async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  writeFileSync(join(directory.path, 'dashboard'), 'a file where the directory should be');
  const { log, lines } = heardLog();
  await using here = await startDashboard(config, pageFixture(directory.path), log);
  assert.ok(lines.some((line) => line.startsWith('the key of sign-in links is unavailable')));
  assert.ok(
    lines.some((line) => line.startsWith('sign-ins cannot be kept; a restart will end them')),
  );
  assert.equal(await whoIs(here, cookieOf(await press(here.printedLink))), 'admin');
  assert.equal((await press(here.printedLink)).status, 403);
});

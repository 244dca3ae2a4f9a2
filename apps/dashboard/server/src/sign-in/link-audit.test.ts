import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLinkToken, readSignInKey, signInKeyPath } from '@hatchery/sign-in-links';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  press,
  startDashboard,
  temporaryDirectory,
} from '../../test-support/running-dashboard.ts';

test('the audit names each link that was made and used, by its short name, and who came with a used or wrong one', async () => {
  using directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  await using here = await startDashboard(config, pageFixture(directory.path));
  const key = readSignInKey(signInKeyPath(config));
  const token = makeLinkToken(key, 'operator', Date.now());
  const name = token.split('.')[2]?.slice(0, 8);
  const link = `${here.origin}/sign-in?token=${token}`;
  const cookie = (await press(link)).headers.getSetCookie()[0]?.split(';')[0] ?? '';
  assert.equal((await press(link)).status, 403);
  assert.equal((await here.fetch('/sign-in?token=wrong')).status, 403);
  const told = (await (await here.fetch('/api/audit', { headers: { cookie } })).json()) as {
    readonly rows: readonly Readonly<Record<string, string>>[];
  };
  const printed = new URL(here.printedLink).searchParams.get('token')?.split('.')[2]?.slice(0, 8);
  assert.deepEqual(
    told.rows.map(({ who, what, why }) => [who, what, why]),
    [
      ['-', 'sign-in to the page refused', 'This sign-in link is not valid'],
      ['-', 'sign-in to the page refused', 'This sign-in link was used already'],
      ['operator', 'signed in to the page as operator', `by link ${name}`],
      ['hatchery', `sign-in link ${printed} as admin`, 'printed at the start (done)'],
    ],
  );
  for (const { from } of told.rows.slice(0, 3)) assert.match(from ?? '', /^127\.0\.0\.1:\d+$/);
  assert.ok(!JSON.stringify(told).includes(token));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlSocketPath } from '@hatchery/config';
import { until } from '@hatchery/testkit';
import { aChild, exited, startFakeForker } from '../../test-support/fake-forker.ts';
import { aLock } from '../../test-support/locks.ts';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../../test-support/running-dashboard.ts';
import { csvLine } from './export.ts';

interface Told {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly statistics: { readonly all: { readonly session: { readonly count: number } } };
}

async function stage() {
  const directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  const forker = await startFakeForker(controlSocketPath(config));
  const dashboard = await startDashboard(config, pageFixture(directory.path));
  await until('the feed is up', async () => (await dashboard.fetch('/readyz')).ok);
  const ask = async (path: string): Promise<Told> =>
    (await (await dashboard.fetch(path)).json()) as Told;
  return {
    forker,
    dashboard,
    ask,
    /** Three sessions, of which one failed. */
    sessions: async () => {
      for (const id of ['c1', 'c2', 'c3'])
        forker.publish({
          kind: 'child.spawned',
          child: aChild(id, { command: `=cmd "${id}", really` }),
        });
      forker.publish({ kind: 'lock.acquired', lock: aLock('l1') });
      forker.publish(exited('c1'));
      forker.publish(exited('c2', { code: 3, signal: null, status: 768 }));
      const known = async (): Promise<boolean> =>
        (await ask('/api/history')).statistics.all.session.count === 2;
      await until('the history has them', known);
    },
    [Symbol.asyncDispose]: async () => {
      await dashboard[Symbol.asyncDispose]();
      await forker[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

test('what was is told, and an export has exactly the rows of its filter', async () => {
  await using running = await stage();
  await running.sessions();
  assert.equal((await running.ask('/api/history?outcome=failed')).rows.length, 1);
  const csv = await running.dashboard.fetch('/api/history.csv?outcome=failed');
  assert.match(
    csv.headers.get('content-disposition') ?? '',
    /attachment; filename="hatchery-history\.csv"/,
  );
  const lines = (await csv.text()).trimEnd().split('\r\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^id,pid,user,/);
  assert.ok(lines[1]?.includes(`"'=cmd ""c2"", really"`), 'quoted, and no formula');
  const ndjson = await (await running.dashboard.fetch('/api/history.ndjson')).text();
  const ids = ndjson
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);
  assert.deepEqual(ids.sort(), ['c1', 'c2', 'c3']);
});

for (const query of [
  '',
  'outcome=failed',
  'outcome=running',
  'user=anna',
  'user=nobody',
  'q=c3',
  'branch=~anna/project/l1',
  'range=15m&q=cmd',
])
  test(`the exports of ?${query} are the rows that the page shows, in their order`, async () => {
    await using running = await stage();
    await running.sessions();
    const { rows } = await running.ask(`/api/history?${query}`);
    const lines = async (kind: string): Promise<string[]> =>
      (await (await running.dashboard.fetch(`/api/history.${kind}?${query}`)).text())
        .split(/\r?\n/)
        .filter((line) => line !== '');
    assert.deepEqual(
      (await lines('ndjson')).map((line) => JSON.parse(line) as unknown),
      rows,
    );
    const [, ...cells] = await lines('csv');
    assert.deepEqual(
      cells.map((line) => line.split(',')[0]),
      rows.map(({ id }) => id),
    );
  });

test('an action stands in the audit once, with its outcome', async () => {
  await using running = await stage();
  running.forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  const headers = {
    cookie: await running.dashboard.signIn(),
    origin: running.dashboard.origin,
    'content-type': 'application/json',
  };
  const body = JSON.stringify({
    signal: 'TERM',
    reason: 'runaway',
    pid: 4_000_001,
    startTime: 123_456,
  });
  const response = await running.dashboard.fetch('/api/children/c1/signal', {
    method: 'POST',
    headers,
    body,
  });
  assert.equal(response.status, 202);
  const refused = await running.dashboard.fetch('/api/locks/l9/break', {
    method: 'POST',
    headers,
    body: JSON.stringify({ reason: 'gone', nonce: null }),
  });
  assert.equal(refused.status, 404);
  const { rows } = await running.ask('/api/audit');
  assert.deepEqual(
    rows.map(({ who, what, why, child_id }) => [who, what, why, child_id]),
    [
      [
        'admin',
        'break-lock l9 refused',
        'gone (refused (404): There is no such lock (any more); it may have been released. Nothing was done.)',
        null,
      ],
      ['admin', 'signal SIGTERM c1', 'runaway (sent)', 'c1'],
      ['admin', 'signed in to the page as admin', rows[2]?.['why'], null],
      ['hatchery', rows[3]?.['what'], 'printed at the start (done)', null],
    ],
  );
  assert.match(String(rows[2]?.['why']), /^by link [\w-]{8}$/);
  assert.match(String(rows[3]?.['what']), /^sign-in link [\w-]{8} as admin$/);
  const countOf = async (query: string): Promise<number> =>
    (await running.ask(`/api/audit${query}`)).rows.length;
  assert.equal(await countOf('?q=Runaway'), 1);
  assert.equal(await countOf('?kind=sign-in'), 1);
  assert.equal(await countOf('?kind=action&user=admin'), 2);
  assert.equal(await countOf('?kind=refusal'), 0);
  const wrong = await running.dashboard.fetch('/api/audit?kind=signin');
  assert.deepEqual(
    [wrong.status, await wrong.json()],
    [400, { error: "'kind' has to be one of sign-in, refusal, failure, action." }],
  );
});

test('a child is remembered after its end, and one that never was is told as such', async () => {
  await using running = await stage();
  await running.sessions();
  const told = (await (await running.dashboard.fetch('/api/children/c1')).json()) as {
    session: unknown;
    holds: [];
  };
  assert.ok(told.session !== null);
  assert.equal(told.holds.length, 1);
  const never = (await (await running.dashboard.fetch('/api/children/c99')).json()) as {
    session: unknown;
  };
  assert.equal(never.session, null);
});

test('the timeline has bars, locks and marks', async () => {
  await using running = await stage();
  await running.sessions();
  running.forker.publish({ kind: 'forker.draining', draining: true, actor: 'bo' });
  let told = { sessions: [], holds: [], marks: [] };
  await until('the mark is there', async () => {
    told = (await (
      await running.dashboard.fetch('/api/timeline?minutes=15')
    ).json()) as typeof told;
    return told.marks.length > 0;
  });
  assert.deepEqual([told.sessions.length, told.holds.length], [3, 1]);
});

for (const query of ['range=1y', 'range=constructor', 'from=yesterday', 'outcome=odd'])
  test(`a history of ?${query} is refused`, async () => {
    await using running = await stage();
    for (const path of ['/api/history', '/api/history.csv']) {
      assert.equal((await running.dashboard.fetch(`${path}?${query}`)).status, 400);
    }
  });

test('the doctor says what is not well, worst first', async () => {
  await using running = await stage();
  running.forker.publish({ kind: 'forker.draining', draining: true, actor: 'bo' });
  let checks: readonly { name: string; verdict: string; remedy: string | null }[] = [];
  await until('it knows', async () => {
    checks = (await (await running.dashboard.fetch('/api/doctor')).json()) as typeof checks;
    return checks[0]?.verdict === 'warning';
  });
  assert.equal(checks[0]?.name, 'New sessions');
  assert.match(checks[0]?.remedy ?? '', /Undrain/);
  assert.equal(checks.find(({ name }) => name === 'History')?.verdict, 'well');
});

for (const [cell, written] of [
  ['plain', 'plain'],
  ['=1+1', "'=1+1"],
  ['@sum', "'@sum"],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
] as const)
  test(`${JSON.stringify(cell)} is a cell of its own`, () =>
    assert.equal(csvLine([cell, -1]), `${written},-1\r\n`));

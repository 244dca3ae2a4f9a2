import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { EventBody } from '@hatchery/events';
import { until } from '@hatchery/testkit';
import { aChild, exited } from '../../test-support/fake-forker.ts';
import { temporaryDirectory } from '../../test-support/running-dashboard.ts';
import { at, feedInto, openHistory, pushAndWait, start } from '../../test-support/told-history.ts';
import { historyQueueMax } from '../limits.ts';
import { HistoryError } from './history.ts';

const filter = {
  from: 0,
  to: start * 2,
  user: null,
  branch: null,
  text: null,
  outcome: 'any',
} as const;
const cut = { limit: 100, after: null };

test('a damaged file is moved aside and reported, and a new one is created', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'history.db');
  writeFileSync(path, 'this was a database once, until something wrote over it'.repeat(100));
  await using history = openHistory(path);
  await until('it is open', () => history.state.problem === null);
  assert.match(history.state.movedAside ?? '', /history\.db\.damaged-2/);
  assert.equal(readdirSync(directory.path).filter((name) => name.includes('damaged')).length, 1);
});

test('the history of a newer program is left alone', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'history.db');
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  await using history = openHistory(path);
  await until('it is told', () => /version 99/.test(history.state.problem ?? ''));
  await assert.rejects(history.ask({ name: 'child', id: 'c1' }), HistoryError);
});

test('without a writable place the dashboard has no history, says so, and everything else works', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'a-file');
  writeFileSync(file, '');
  await using history = openHistory(join(file, 'history.db'));
  await until('it is told', () => history.state.problem !== 'not open yet');
  assert.match(
    history.state.problem ?? '',
    /cannot make \S+a-file: a file is in its place; move it away/,
  );
  pushAndWait(history);
  assert.equal(await history.keepNow([], 100), false);
  assert.ok(history.state.waiting > 0);
});

test('a full file frees space itself, and records that do not fit are counted and never block', async () => {
  using directory = temporaryDirectory();
  const bytesMax = 400 * 1024;
  await using history = openHistory(join(directory.path, 'history.db'), bytesMax);
  await until('it is open', () => history.state.problem === null);
  for (let block = 0; block < 6; block += 1) {
    const feed = feedInto(history);
    for (let number = 0; number < 300; number += 1) {
      const id = `c${block}x${number}`;
      feed.happen({
        kind: 'child.spawned',
        child: aChild(id, { startedAt: at(block), command: 'x'.repeat(300) }),
      });
      feed.happen({ ...exited(id), endedAt: at(block + 1) } as EventBody);
    }
    await until(
      'it is written or refused',
      () => history.state.waiting === 0 || history.state.problem !== null,
    );
  }
  await until('room is made', () => history.state.problem === null && history.state.waiting === 0);
  assert.ok(history.state.bytes <= bytesMax, `${history.state.bytes} bytes`);
  assert.ok(
    history.problems.some(({ problem }) => /full/.test(problem ?? '')),
    'it was full once, and told',
  );
  const { rows } = await history.ask({ name: 'sessions', filter, cut });
  assert.ok(
    rows.some(({ id }) => String(id).startsWith('c5')),
    'the newest are there',
  );
});

test('while the disk takes nothing, the queue drops usage first and the audit last, and counts them', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'a-file');
  writeFileSync(file, '');
  await using history = openHistory(join(file, 'history.db'));
  const usage = {
    type: 'usage',
    childId: 'c1',
    at: 0,
    cpuPercent: 1,
    privateBytes: 1,
    rssBytes: 1,
    ioBytes: 1,
    faults: 1,
  } as const;
  const intent = {
    type: 'intent',
    via: 'dashboard',
    at: 0,
    actor: 'a',
    verb: 'v',
    target: 't',
    reason: 'r',
    ownId: 'o',
    actionId: null,
    lock: null,
  } as const;
  history.keep([intent]);
  for (let count = 0; count < historyQueueMax; count += 1_000)
    history.keep(Array.from({ length: 1_000 }, () => ({ ...usage })));
  history.keep([{ ...usage }]);
  assert.ok(history.state.lost > 0);
  assert.ok(history.state.waiting <= historyQueueMax);
});

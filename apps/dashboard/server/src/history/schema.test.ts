import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { PastChild } from '@hatchery/events';
import { aChild } from '../../test-support/fake-forker.ts';
import { aLock } from '../../test-support/locks.ts';
import { answerQuery } from './answer-query.ts';
import { migrate } from './schema.ts';
import { recordWriter } from './store.ts';

const filter = {
  from: 0,
  to: Date.now() * 2,
  user: null,
  branch: null,
  text: null,
  outcome: 'any',
} as const;

test('a history of the first version keeps what is in it and takes what is new', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database, 1);
  recordWriter(database)([{ type: 'session', child: aChild('c1'), cause: null }]);
  migrate(database);
  const reason = 'finished';
  const gateway = {
    type: 'gateway',
    childId: 'c1',
    sessionId: 's1',
    at: 1,
    reason,
    bytes: null,
    phasesMs: null,
  } as const;
  recordWriter(database)([gateway]);
  // Written twice, as after a failure of which nobody knows how far it came.
  recordWriter(database)([gateway]);
  const { rows } = answerQuery(database, {
    name: 'sessions',
    filter,
    cut: { limit: 10, after: null },
  }) as {
    rows: readonly Readonly<Record<string, unknown>>[];
  };
  assert.deepEqual(
    rows.map(({ id, close_reason }) => [id, close_reason]),
    [['c1', 'finished']],
  );
});

test('a break that an earlier version kept is told with the lock that it was, as far as its hold is remembered', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database, 2);
  recordWriter(database)([{ type: 'hold', lock: aLock('l1'), at: 5 }]);
  for (const target of ['l1', 'l2'])
    database.exec(`INSERT INTO audit (at, actor, verb, target, reason, via)
      VALUES (9, 'bo', 'break-lock', '${target}', 'lid', 'forker')`);
  migrate(database);
  const rows = ['l2', 'l1'].flatMap(
    (id) => (answerQuery(database, { name: 'child', id }) as PastChild).audit,
  );
  assert.deepEqual(
    rows.map(({ target, lock_name, lock_kind, lock_before }) => [
      target,
      lock_name,
      lock_kind,
      lock_before,
    ]),
    [
      ['l2', null, null, null],
      ['l1', '~anna/project/l1', 'branch', null],
    ],
  );
});

test('a step that fails changes nothing', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database, 1);
  database.exec('CREATE TABLE gateway (in_the_way)');
  assert.throws(() => migrate(database));
  assert.equal(
    (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version,
    1,
  );
});

test('an up-to-date history is left as it is', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database);
  const schema = database.prepare('SELECT sql FROM sqlite_schema').all();
  migrate(database);
  assert.deepEqual(database.prepare('SELECT sql FROM sqlite_schema').all(), schema);
});

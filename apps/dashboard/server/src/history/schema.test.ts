import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { aChild } from '../../test-support/fake-forker.ts';
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

test('what is written twice, as after a failure that came half way, is kept once', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database);
  const ended = { bytes: { in: 1, out: 2, err: 0 }, reason: 'finished' } as const;
  const phasesMs = { auth: 1, exec: 1, forked: 1, firstByte: null, end: 9 } as const;
  const gateway = {
    type: 'gateway',
    childId: 'c1',
    sessionId: 's1',
    at: 1,
    ...ended,
    phasesMs,
  } as const;
  recordWriter(database)([{ type: 'session', child: aChild('c1'), cause: null }, gateway]);
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

test('a step that fails changes nothing', () => {
  using database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE gateway (in_the_way)');
  assert.throws(() => migrate(database));
  assert.equal(
    (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version,
    0,
  );
  database.exec('ROLLBACK');
  assert.equal(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'], 1);
});

test('an up-to-date history is left as it is', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database);
  const schema = database.prepare('SELECT sql FROM sqlite_schema').all();
  migrate(database);
  assert.deepEqual(database.prepare('SELECT sql FROM sqlite_schema').all(), schema);
});

test('a history of another version is refused with its place and the remedy, and stays as it is', () => {
  using database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE theirs (a); PRAGMA user_version = 9');
  assert.throws(
    () => migrate(database),
    /is a history of the page of version 9; this Hatchery reads version 1; .*move the file away/,
  );
  const tables = database.prepare('SELECT name FROM sqlite_schema').all();
  assert.deepEqual(
    tables.map(({ name }) => name),
    ['theirs'],
  );
});

test('the version of the history is the number of its steps', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database);
  assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], 1);
});

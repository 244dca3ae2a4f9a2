import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { PastTimeline } from '@hatchery/events';
import { answerQuery } from './answer-query.ts';
import type { HistoryRecord } from './record.ts';
import { migrate } from './schema.ts';
import { recordWriter } from './store.ts';

test('a flood of refusals and signals hides no drain and no break from the timeline', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database);
  const mark = (
    kind: 'break' | 'drain' | 'refused' | 'signal',
    at: number,
    text: string,
  ): HistoryRecord => ({
    type: 'mark',
    at,
    kind,
    text,
    childId: null,
  });
  const flood = (kind: 'refused' | 'signal', count: number): HistoryRecord[] =>
    Array.from({ length: count }, (_, index) =>
      mark(kind, 100 + (index % 800), `${kind} ${index}`),
    );
  recordWriter(database)([
    mark('break', 1, 'b'),
    mark('drain', 2, 'd'),
    ...flood('refused', 3_000),
    ...flood('signal', 300),
  ]);
  const { marks, refusals } = answerQuery(database, {
    name: 'timeline',
    from: 0,
    to: 900,
  }) as PastTimeline;
  assert.deepEqual([marks.length, ...marks.slice(0, 2).map(({ text }) => text)], [200, 'd', 'b']);
  assert.ok(marks.every(({ kind }) => kind !== 'refused'));
  assert.equal(
    refusals.reduce((sum, { count }) => sum + Number(count), 0),
    3_000,
  );
  assert.ok(refusals.length <= 60 && refusals.length > 50, String(refusals.length));
});

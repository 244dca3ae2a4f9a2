import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { PastChild, PastRefusals, PastRow, PastRows, PastTimeline } from '@hatchery/events';
import {
  timelineMarksMax,
  timelineRefusalsMax,
  timelineSessionsMax,
  usagePointsMax,
} from '../limits.ts';
import type { Answers, Cut, Query, RefusalFilter, SessionFilter } from './query.ts';
import { statistics } from './statistics.ts';

type Values = readonly SQLInputValue[];

/** The audit is in files. */
type DatabaseQuery = Exclude<Query, { readonly name: 'audit' }>;

/**
 * Answers one query. It runs beside the writes in one thread, and the limits it names bound what it
 * reads.
 */
export function answerQuery(
  database: DatabaseSync,
  query: DatabaseQuery,
): Answers[DatabaseQuery['name']] {
  switch (query.name) {
    case 'sessions':
      return sessions(database, query.filter, query.cut);
    case 'statistics':
      return statistics(database, sessionCondition(query.filter));
    case 'refusals':
      return refusals(database, query.filter, query.limit);
    case 'child':
      return child(database, query.id);
    case 'timeline':
      return timeline(database, query.from, query.to);
  }
}

/** Everything the gateway says of a session except the child's own id. */
const gatewayColumns = `session_id, close_reason, bytes_in, bytes_out, bytes_err,
  auth_ms, exec_ms, forked_ms, first_byte_ms, end_ms`;

const outcomes: Readonly<Record<SessionFilter['outcome'], string>> = {
  any: '1',
  running: 'session.ended_at IS NULL',
  ok: 'session.exit_code = 0',
  failed: '(session.exit_code <> 0 OR session.exit_signal IS NOT NULL)',
  killed: 'session.exit_signal IS NOT NULL',
};

/** The condition of a filter on sessions, with its values; `session` is the name of the table. */
function sessionCondition({ from, to, user, branch, text, outcome }: SessionFilter): Condition {
  return conditionOf([
    ['session.started_at >= ?', from],
    ['session.started_at < ?', to],
    [outcomes[outcome]],
    ['session.user = ?', user],
    ['session.branch = ?', branch],
    [
      `concat_ws(' ', session.id, session.pid, session.user, session.branch, session.peer, session.command,
        session.cause) LIKE ? ESCAPE '\\'`,
      containing(text),
    ],
  ]);
}

function sessions(database: DatabaseSync, filter: SessionFilter, { limit, after }: Cut): PastRows {
  const { sql, values } = sessionCondition(filter);
  const [at, id] = splitCursor(after);
  const rows = all(
    database,
    `SELECT session.*, (SELECT count(*) FROM hold WHERE hold.child_id = session.id) AS locks,
       (SELECT sum(to_at - from_at) FROM wait WHERE wait.child_id = session.id) AS lock_wait_ms, ${gatewayColumns}
     FROM session LEFT JOIN gateway ON gateway.child_id = session.id WHERE ${sql} AND (? IS NULL OR (started_at, id) < (?, ?))
     ORDER BY started_at DESC, id DESC LIMIT ?`,
    ...values,
    at,
    at,
    id,
    limit,
  );
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { rows, next: last === undefined ? null : `${last['started_at']}.${last['id']}` };
}

function refusals(
  database: DatabaseSync,
  { from, to, user, text }: RefusalFilter,
  limit: number,
): PastRefusals {
  const { sql, values } = conditionOf([
    ["kind = 'refused'"],
    ['at >= ?', from],
    ['at < ?', to],
    [`text LIKE ? ESCAPE '\\'`, containing(user)],
    [`text LIKE ? ESCAPE '\\'`, containing(text)],
  ]);
  const { count } = one(database, `SELECT count(*) AS count FROM mark WHERE ${sql}`, ...values) as {
    count: number;
  };
  const rows = all(
    database,
    `SELECT rowid AS number, at, text FROM mark WHERE ${sql} ORDER BY at DESC, rowid DESC LIMIT ?`,
    ...values,
    limit,
  );
  return { rows, count };
}

function child(database: DatabaseSync, id: string): PastChild {
  // A long session has more stretches than a chart has points, so return every n-th.
  const { count } = one(database, 'SELECT count(*) AS count FROM usage WHERE child_id = ?', id) as {
    count: number;
  };
  const every = Math.max(1, Math.ceil(count / usagePointsMax));
  return {
    session: one(
      database,
      `SELECT session.*, ${gatewayColumns} FROM session LEFT JOIN gateway ON gateway.child_id = session.id WHERE id = ?`,
      id,
    ),
    usage: all(
      database,
      `SELECT * FROM (SELECT *, row_number() OVER (ORDER BY at) AS number FROM usage WHERE child_id = ?)
       WHERE number % ? = 0 ORDER BY at`,
      id,
      every,
    ),
    holds: all(
      database,
      'SELECT * FROM hold WHERE child_id = ? ORDER BY from_at DESC LIMIT 200',
      id,
    ),
    waits: all(
      database,
      'SELECT * FROM wait WHERE child_id = ? ORDER BY from_at DESC LIMIT 200',
      id,
    ),
    marks: all(database, 'SELECT * FROM mark WHERE child_id = ? ORDER BY at DESC LIMIT 200', id),
    audit: all(database, 'SELECT * FROM audit WHERE target = ? ORDER BY number DESC LIMIT 200', id),
  };
}

function timeline(database: DatabaseSync, from: number, to: number): PastTimeline {
  const during = 'started_at < ?2 AND (ended_at IS NULL OR ended_at >= ?1)';
  // Long ones first: a bar of a few pixels says less than one across the whole chart.
  const sessions = all(
    database,
    `SELECT id, pid, user, branch, command, started_at, ended_at, exit_code, exit_signal FROM session WHERE ${during}
     ORDER BY coalesce(ended_at, ?2) - started_at DESC LIMIT ${timelineSessionsMax}`,
    from,
    to,
  );
  const { count } = one(
    database,
    `SELECT count(*) AS count FROM session WHERE ${during}`,
    from,
    to,
  ) as {
    count: number;
  };
  return {
    from,
    to,
    sessions,
    holds: all(
      database,
      `SELECT lock_id, name, child_id, from_at, to_at, ending FROM hold
       WHERE from_at < ? AND (to_at IS NULL OR to_at >= ?)
         AND child_id IN (SELECT value FROM json_each(?)) LIMIT 2000`,
      to,
      from,
      JSON.stringify(sessions.map(({ id }) => id)),
    ),
    // Events for the whole service come first, then the signals, of which each session may have
    // one.
    marks: all(
      database,
      `SELECT at, kind, text, child_id FROM mark WHERE at >= ? AND at < ? AND kind <> 'refused'
       ORDER BY kind = 'signal', at DESC LIMIT ${timelineMarksMax}`,
      from,
      to,
    ),
    // As counts, not one by one: a scanner makes thousands.
    refusals: all(
      database,
      `SELECT min(at) AS at, count(*) AS count FROM mark WHERE at >= ?1 AND at < ?2 AND kind = 'refused'
       GROUP BY CAST((at - ?1) * ${timelineRefusalsMax} / (?2 - ?1) AS INTEGER) ORDER BY at`,
      from,
      to,
    ),
    more: count - sessions.length,
  };
}

/** A condition on rows, with its values. */
interface Condition {
  readonly sql: string;
  readonly values: Values;
}

/** All conditions together; one whose value is null is left out. */
function conditionOf(parts: readonly (readonly [sql: string, value?: SQLInputValue])[]): Condition {
  const narrowing = parts.filter(([, value]) => value !== null);
  return {
    sql: narrowing.map(([sql]) => sql).join(' AND '),
    values: narrowing.flatMap(([, value]) => (value === undefined ? [] : [value])),
  };
}

function containing(text: string | null): string | null {
  return text === null ? null : `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

function splitCursor(cursor: string | null): readonly [number | null, string | null] {
  const [, at, id] = /^(\d+)\.(.*)$/s.exec(cursor ?? '') ?? [];
  return at === undefined || id === undefined ? [null, null] : [Number(at), id];
}

function all(database: DatabaseSync, sql: string, ...values: Values): readonly PastRow[] {
  return database.prepare(sql).all(...values) as unknown as readonly PastRow[];
}

function one(database: DatabaseSync, sql: string, ...values: Values): PastRow | null {
  return (database.prepare(sql).get(...values) as unknown as PastRow | undefined) ?? null;
}

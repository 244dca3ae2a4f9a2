import type { DatabaseSync } from 'node:sqlite';
import { auditKeptMs, historyFillMax, sessionsKeptMs, usageKeptMs } from '../limits.ts';
import { bytesUsed } from './database.ts';

/** Rows deleted in one go, so that a write never waits long for a big cleaning. */
const rowsAtOnce = 5_000;

/** The column that gives the age, and how long rows are kept. Open rows are never old. */
const tables = [
  { table: 'usage', at: 'at', keptMs: usageKeptMs, key: 'child_id, at' },
  { table: 'mark', at: 'at', keptMs: sessionsKeptMs, key: 'rowid' },
  { table: 'wait', at: 'to_at', keptMs: sessionsKeptMs, key: 'lock_id, party, from_at' },
  { table: 'hold', at: 'to_at', keptMs: sessionsKeptMs, key: 'lock_id, from_at' },
  { table: 'gateway', at: 'closed_at', keptMs: sessionsKeptMs, key: 'child_id' },
  { table: 'session', at: 'ended_at', keptMs: sessionsKeptMs, key: 'id' },
  { table: 'audit', at: 'at', keptMs: auditKeptMs, key: 'number' },
] as const;

/**
 * Deletes rows that are too old. Then, while the file is nearly full, deletes the oldest of what
 * matters least: usage first, sessions and locks next. Audit rows go only by age.
 */
export function prune(database: DatabaseSync, now: number, bytesMax: number): void {
  for (const each of tables) takeOldest(database, each, now - each.keptMs);
  for (const each of tables) {
    if (each.table === 'audit') continue;
    while (bytesUsed(database) > bytesMax * historyFillMax && takeOldest(database, each, now) > 0);
  }
  database.exec('PRAGMA incremental_vacuum(2000)');
}

function takeOldest(
  database: DatabaseSync,
  { table, at, key }: (typeof tables)[number],
  before: number,
): number {
  const oldest = `SELECT ${key} FROM ${table} WHERE ${at} < ? ORDER BY ${at} LIMIT ${rowsAtOnce}`;
  return Number(
    database.prepare(`DELETE FROM ${table} WHERE (${key}) IN (${oldest})`).run(before).changes,
  );
}

import type { DatabaseSync } from 'node:sqlite';
import { formats, requireVersion } from '@hatchery/formats';

/**
 * One step a version, never changed once released: a database of any earlier version is brought up
 * by the steps it lacks. Instants are integers, milliseconds since 1970; what is not known is NULL,
 * never 0.
 *
 * `gateway` is a table of its own: the two feeds keep no order between them, so the end at the
 * gateway may be known first. `lock_name` and the like of the audit say which lock was broken, and
 * how it was before and after: its id alone tells a reader nothing a month later.
 */
const migrations: readonly string[] = [
  `CREATE TABLE session (
     id TEXT PRIMARY KEY, pid INTEGER NOT NULL, user TEXT, peer TEXT, command TEXT NOT NULL, branch TEXT,
     started_at INTEGER NOT NULL, connected_at INTEGER, ended_at INTEGER,
     exit_code INTEGER, exit_signal TEXT, cause TEXT,
     user_ms INTEGER, system_ms INTEGER, max_rss_bytes INTEGER, faults INTEGER, blocks INTEGER
   ) WITHOUT ROWID;
   CREATE INDEX session_by_start ON session (started_at);
   CREATE INDEX session_open ON session (id) WHERE ended_at IS NULL;
   CREATE TABLE hold (
     lock_id TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER, ending TEXT,
     kind TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, nonce TEXT,
     child_id TEXT, pid INTEGER, user TEXT, host TEXT,
     PRIMARY KEY (lock_id, from_at)
   ) WITHOUT ROWID;
   CREATE INDEX hold_by_time ON hold (from_at);
   CREATE INDEX hold_by_child ON hold (child_id, from_at);
   CREATE INDEX hold_open ON hold (lock_id) WHERE to_at IS NULL;
   CREATE TABLE wait (
     lock_id TEXT NOT NULL, party TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER, ending TEXT,
     name TEXT NOT NULL, child_id TEXT, user TEXT,
     PRIMARY KEY (lock_id, party, from_at)
   ) WITHOUT ROWID;
   CREATE INDEX wait_by_time ON wait (from_at);
   CREATE INDEX wait_by_child ON wait (child_id, from_at);
   CREATE INDEX wait_open ON wait (lock_id) WHERE to_at IS NULL;
   CREATE TABLE usage (
     child_id TEXT NOT NULL, at INTEGER NOT NULL, cpu_percent REAL, private_bytes INTEGER, rss_bytes INTEGER,
     io_bytes INTEGER, faults INTEGER,
     PRIMARY KEY (child_id, at)
   ) WITHOUT ROWID;
   CREATE INDEX usage_by_time ON usage (at);
   CREATE TABLE mark (at INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, child_id TEXT);
   CREATE INDEX mark_by_time ON mark (at);
   CREATE TABLE audit (
     number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, verb TEXT NOT NULL,
     target TEXT NOT NULL, reason TEXT NOT NULL, via TEXT NOT NULL,
     own_id TEXT UNIQUE, action_id TEXT UNIQUE, outcome TEXT, done_at INTEGER,
     lock_name TEXT, lock_kind TEXT, lock_path TEXT, lock_before TEXT, lock_after TEXT
   );
   CREATE INDEX audit_by_time ON audit (at);
   CREATE TABLE gateway (
     child_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, closed_at INTEGER NOT NULL, close_reason TEXT NOT NULL,
     bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, bytes_err INTEGER NOT NULL,
     auth_ms REAL, exec_ms REAL, forked_ms REAL, first_byte_ms REAL, end_ms REAL
   ) WITHOUT ROWID;
   CREATE INDEX gateway_by_time ON gateway (closed_at);`,
];

/** The version this program writes. */
const { version: schemaVersion } = formats.history;

/**
 * Upgrades a database to `version`, each step whole or not at all.
 * @throws {FormatError} when a newer program has written it
 */
export function migrate(database: DatabaseSync, version = schemaVersion): void {
  const { user_version: found } = database.prepare('PRAGMA user_version').get() as {
    user_version: number;
  };
  if (!(found in migrations)) {
    const place = database.location() ?? 'the database in memory';
    requireVersion('history', place, found);
  }
  migrations.slice(found, version).forEach((step, index) => {
    database.exec(`BEGIN; ${step} PRAGMA user_version = ${found + index + 1}; COMMIT`);
  });
}

import { closeSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeDirectories, modes, openFile } from '@hatchery/daemon';
import { migrate } from './schema.ts';

/** An open database, and the file that had to be moved aside for it. */
export interface Opened {
  readonly database: DatabaseSync;
  /** Where a damaged file was moved to, or null. */
  readonly movedAside: string | null;
}

/** SQLite's page size; the maximum file size is counted in pages. */
const pageBytes = 4_096;

/** Errors that say that the file itself is unusable (https://www.sqlite.org/rescode.html). */
const damaged: ReadonlySet<number> = new Set([11, 26]);

/**
 * Opens the history, or creates it. A damaged file is kept under another name, because an operator
 * may want to recover its data, and because a dashboard without a past is better than none.
 * @throws the error of the file system or of SQLite when the database cannot be written there
 */
export function openDatabase(path: string, bytesMax: number, now: Date): Opened {
  // The audit names people and reasons, so other users must not read it.
  makeDirectories(dirname(path), modes.secretDirectory);
  try {
    return { database: open(path, bytesMax), movedAside: null };
  } catch (error) {
    if (!damaged.has(Number((error as { errcode?: number }).errcode))) throw error;
  }
  const movedAside = `${path}.damaged-${now.toISOString().replaceAll(':', '')}`;
  renameSync(path, movedAside);
  for (const companion of ['-wal', '-shm']) rmSync(path + companion, { force: true });
  return { database: open(path, bytesMax), movedAside };
}

function open(path: string, bytesMax: number): DatabaseSync {
  // SQLite would make it readable by all; its companion files get the same mode.
  closeSync(openFile(path, 'a', modes.secretFile));
  const database = new DatabaseSync(path);
  try {
    // WAL with NORMAL: a crash of this program loses no committed data, a crash of the host loses
    // the last seconds.
    database.exec(`PRAGMA page_size = ${pageBytes};
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA busy_timeout = 2000;
      PRAGMA journal_size_limit = ${16 * 1024 * 1024};
      PRAGMA max_page_count = ${Math.floor(bytesMax / pageBytes)}`);
    const { quick_check: verdict } = database.prepare('PRAGMA quick_check(1)').get() as {
      quick_check: string;
    };
    if (verdict !== 'ok')
      throw Object.assign(new Error(`the history is damaged: ${verdict}`), { errcode: 11 });
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Bytes in use; freed pages, which can be reused, do not count. */
export function bytesUsed(database: DatabaseSync): number {
  const number = (pragma: string): number =>
    Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  return (number('page_count') - number('freelist_count')) * pageBytes;
}

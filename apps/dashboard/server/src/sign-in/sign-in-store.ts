import { closeSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeDirectories, modes, openFile } from '@hatchery/daemon';
import type { Role } from '@hatchery/events';
import { formats, requireVersion } from '@hatchery/formats';
import { sessionsMax, storeBusyMsMax } from '../limits.ts';

/** A signed-in browser as stored: by the digest of its key, with data that only that key opens. */
export interface KeptSession {
  readonly id: string;
  /** The terms of the sign-in; under other terms it does not count. */
  readonly terms: string;
  readonly name: string;
  readonly role: Role;
  /** Sealed, or null when there is nothing to re-check. */
  readonly proof: string | null;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
}

const { version } = formats.signIns;

const schema = `
  CREATE TABLE store (made_at INTEGER NOT NULL) STRICT;
  CREATE TABLE used_links (nonce TEXT PRIMARY KEY, forget_at INTEGER NOT NULL) STRICT;
  CREATE TABLE sessions (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, terms TEXT NOT NULL, name TEXT NOT NULL,
    role TEXT NOT NULL, proof TEXT, ends_at INTEGER NOT NULL) STRICT;
  PRAGMA user_version = ${version};`;

/**
 * Signed-in browsers and used links, in a file that outlives the process. A process and its
 * successor share it while both run. Every method may throw SQLite's error. Times are milliseconds
 * since 1970.
 */
export class SignInStore implements Disposable {
  readonly #database: DatabaseSync;
  /** This file does not know which links were used before this time. */
  readonly madeAt: number;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.madeAt = Number(database.prepare('SELECT made_at FROM store').get()?.['made_at']);
  }

  /**
   * Replaces a damaged file, or one of another version, by a new one: everybody signs in again.
   * @throws when no file can be created
   */
  static open(path: string, now: number): SignInStore {
    makeDirectories(dirname(path), modes.secretDirectory);
    try {
      return new SignInStore(connect(path, now));
    } catch (error) {
      // SQLITE_CORRUPT and SQLITE_NOTADB (https://www.sqlite.org/rescode.html).
      if (![11, 26].includes(Number((error as { errcode?: number }).errcode))) throw error;
    }
    renameSync(path, `${path}.damaged`);
    for (const companion of ['-wal', '-shm']) rmSync(path + companion, { force: true });
    return new SignInStore(connect(path, now));
  }

  /** A store that lasts as long as the process. */
  static inMemory(now: number): SignInStore {
    return new SignInStore(connect(':memory:', now));
  }

  /** False when that link was used before. */
  useLink(nonce: string, forgetAt: number, now: number): boolean {
    this.#run('DELETE FROM used_links WHERE forget_at < ?', now);
    return (
      this.#run('INSERT INTO used_links VALUES (?, ?) ON CONFLICT DO NOTHING', nonce, forgetAt) ===
      1
    );
  }

  isUsed(nonce: string): boolean {
    return (
      this.#database.prepare('SELECT 1 FROM used_links WHERE nonce = ?').get(nonce) !== undefined
    );
  }

  /** Adds a session; drops the oldest when there are too many. */
  add({ id, terms, name, role, proof, endsAt }: KeptSession, now: number): void {
    this.#run('DELETE FROM sessions WHERE ends_at <= ?', now);
    this.#run(
      'DELETE FROM sessions WHERE number IN (SELECT number FROM sessions ORDER BY number DESC LIMIT -1 OFFSET ?)',
      sessionsMax - 1,
    );
    this.#run(
      'INSERT INTO sessions (id, terms, name, role, proof, ends_at) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      terms,
      name,
      role,
      proof,
      endsAt,
    );
  }

  find(id: string): KeptSession | null {
    const query =
      'SELECT id, terms, name, role, proof, ends_at AS endsAt FROM sessions WHERE id = ?';
    return (this.#database.prepare(query).get(id) as unknown as KeptSession | undefined) ?? null;
  }

  change(id: string, name: string, role: Role): void {
    this.#run('UPDATE sessions SET name = ?, role = ? WHERE id = ?', name, role, id);
  }

  renew(id: string, proof: string): void {
    this.#run('UPDATE sessions SET proof = ? WHERE id = ?', proof, id);
  }

  remove(id: string): void {
    this.#run('DELETE FROM sessions WHERE id = ?', id);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #run(statement: string, ...values: (string | number | null)[]): number {
    return Number(this.#database.prepare(statement).run(...values).changes);
  }
}

function connect(path: string, now: number): DatabaseSync {
  // SQLite would make it readable by all; its companion files get the same mode.
  if (path !== ':memory:') closeSync(openFile(path, 'a', modes.secretFile));
  const database = new DatabaseSync(path);
  try {
    // FULL: a used link stays used after a power cut.
    database.exec(
      `PRAGMA busy_timeout = ${storeBusyMsMax}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE`,
    );
    const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (found !== 0) requireVersion('signIns', path, found);
    else {
      database.exec(schema);
      database.prepare('INSERT INTO store VALUES (?)').run(now);
    }
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

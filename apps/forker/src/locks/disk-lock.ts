import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { heldInfoCharactersMax, readHeldInfo, type HeldInfo } from '@hatchery/locks';

/** A lock that is held, as it is on disk at this moment. */
export interface DiskLock {
  readonly info: HeldInfo | { readonly corrupt: string };
  readonly nonce: string | null;
  /**
   * Names this very acquisition: the nonce, or for an info file without one, all there is to
   * compare.
   */
  readonly mark: string;
  /**
   * RFC 3339: when what is there was made or changed last, which is all there is to tell the age of
   * a damaged one.
   */
  readonly changedAt: string;
  /** Whether the info file is this user's. */
  readonly ownFile: boolean;
}

/**
 * Reads the lock at a place, or null when it is free. Synchronous on purpose: what it says is true
 * of the moment in which the caller acts on it.
 */
export function readDiskLock(path: string): DiskLock | null {
  return readHeld(join(path, 'held'));
}

/**
 * Breaks a lock if it is still the acquisition that was looked at, as Breezy's own
 * `LockDir.force_break` does: moved away first, for a rename cannot be half done, then compared
 * again, then removed.
 */
export function breakDiskLock(path: string, mark: string): 'broken' | 'changed' | 'free' {
  const held = join(path, 'held');
  const before = readHeld(held);
  if (before === null) return 'free';
  if (before.mark !== mark) return 'changed';
  const away = join(path, `broken.${randomUUID()}.tmp`);
  try {
    renameSync(held, away);
  } catch (error) {
    if (isMissing(error)) return 'free';
    throw error;
  }
  if (readHeld(away)?.mark !== mark) {
    putBack(away, held);
    return 'changed';
  }
  rmSync(away, { recursive: true });
  return 'broken';
}

/**
 * What was moved by mistake goes back. When somebody has taken the lock in that moment, the one
 * that was moved has lost it.
 */
function putBack(away: string, held: string): void {
  try {
    renameSync(away, held);
  } catch {
    rmSync(away, { recursive: true, force: true });
  }
}

function readHeld(held: string): DiskLock | null {
  const directory = statOf(held);
  if (directory === null) return null;
  const text = textOf(join(held, 'info'));
  const changedAt = directory.mtime.toISOString();
  // Without an info file it is being released this moment, or was left half made.
  if (text === null && statOf(held) === null) return null;
  const info =
    typeof text === 'object' ? (text ?? { corrupt: 'it has no info file' }) : readHeldInfo(text);
  const nonce = 'corrupt' in info ? null : info.nonce;
  const mark = nonce ?? markOf(directory, typeof text === 'string' ? text : '');
  return { info, nonce, mark, changedAt, ownFile: directory.uid === process.getuid?.() };
}

function markOf({ ino, mtimeMs }: Stats, text: string): string {
  return `${ino}-${mtimeMs}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

function statOf(path: string): Stats | null {
  // A link in the place of a lock is a lock, wherever it leads.
  return orNull(() => lstatSync(path));
}

/** As much of an info file as one can be; null when there is none. */
function textOf(path: string): string | { readonly corrupt: string } | null {
  try {
    return orNull(() => startOf(path));
  } catch (error) {
    return { corrupt: `its info file cannot be read: ${(error as NodeJS.ErrnoException).code}` };
  }
}

function startOf(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(heldInfoCharactersMax + 1);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

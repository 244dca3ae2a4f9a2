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

/** A held lock, as it is on disk now. */
export interface DiskLock {
  readonly info: HeldInfo | { readonly corrupt: string };
  readonly nonce: string | null;
  /** Identifies this acquisition: the nonce, or without one all the data of the info file. */
  readonly mark: string;
  /** RFC 3339: when the lock was created or last changed, the only age of a damaged one. */
  readonly changedAt: string;
  /** Whether this user owns the info file. */
  readonly ownFile: boolean;
}

/**
 * Reads the lock at a place, or null when it is free. Synchronous, so that the result still holds
 * when the caller acts on it.
 */
export function readDiskLock(path: string): DiskLock | null {
  return readHeld(join(path, 'held'));
}

/**
 * Breaks a lock if it is still the acquisition that the operator saw, as Breezy's own
 * `LockDir.force_break` does: moves it away first, because a rename cannot be half done, compares
 * it again, and then removes it.
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
 * If the wrong lock was moved, move it back. If somebody took the lock in that moment, the moved
 * one is lost.
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
  // Without an info file it is being released right now, or was left half made.
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
  // A link in place of a lock counts as a lock, wherever it leads.
  return orNull(() => lstatSync(path));
}

/** Reads at most the size of a real info file; null when there is none. */
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

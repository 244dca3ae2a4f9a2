import { readFileSync } from 'node:fs';
import { holderTrouble, readHolderRecord, type HolderRecord } from '@hatchery/locks';
import { holderPath } from './lock-files.ts';

/** The holder's record of a lock, or null. The holder may be long gone. */
export function readRecord(directory: string, name: string): HolderRecord | null {
  return readHolderRecord(textOf(holderPath(directory, name)));
}

/** Why that record tells nothing, when it is of another version; null else. */
export function recordTrouble(directory: string, name: string): string | null {
  const path = holderPath(directory, name);
  return holderTrouble(textOf(path), path);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // If it is another user's and closed to us, /proc may still say something.
    if (code === 'ENOENT' || code === 'EACCES') return '';
    throw error;
  }
}

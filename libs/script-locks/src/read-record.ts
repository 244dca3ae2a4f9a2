import { readFileSync } from 'node:fs';
import { readHolderRecord, type HolderRecord } from '@hatchery/locks';
import { holderPath } from './lock-files.ts';

/** The holder's record of a lock, or null. The holder may be long gone. */
export function readRecord(directory: string, name: string): HolderRecord | null {
  try {
    return readHolderRecord(readFileSync(holderPath(directory, name), 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // If it is another user's and closed to us, /proc may still say something.
    if (code === 'ENOENT' || code === 'EACCES') return null;
    throw error;
  }
}

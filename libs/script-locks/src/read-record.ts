import { readFileSync } from 'node:fs';
import { readHolderRecord, type HolderRecord } from '@hatchery/locks';
import { holderPath } from './lock-files.ts';

/** What the holder of a lock wrote of itself, or null. It may be long gone. */
export function readRecord(directory: string, name: string): HolderRecord | null {
  try {
    return readHolderRecord(readFileSync(holderPath(directory, name), 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // One that is another user's own says nothing to us; /proc may.
    if (code === 'ENOENT' || code === 'EACCES') return null;
    throw error;
  }
}

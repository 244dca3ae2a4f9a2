import { existsSync, readFileSync } from 'node:fs';
import { readHolderRecord, type HolderRecord } from '@hatchery/locks';
import { inheritedLock, kernelLocks, locksOfFile } from './kernel-locks.ts';
import { holderPath, lockPath } from './lock-files.ts';
import { ancestors, isAlive, processFacts } from './process-facts.ts';

/** Proof that a lock is held by whoever started us: the descriptor that holds it, when it was inherited. */
export interface OurJob {
  readonly descriptor: number | null;
}

/**
 * Whether the lock is held by the job that this process belongs to, so that it may pass. `tokens` are those of its
 * environment. They are a claim and no proof: the holder's own record must carry one, the kernel must hold the lock,
 * and we must have inherited the very descriptor, or stand below the holder or in its process group.
 */
export function isHeldByOurJob(directory: string, name: string, tokens: readonly string[]): OurJob | null {
  const record = readRecord(directory, name);
  if (record === null || !tokens.includes(record.token)) return null;
  const path = lockPath(directory, name);
  if (!existsSync(path)) return null;
  const held = locksOfFile(kernelLocks(directory), path).some(({ type, waiting }) => type === 'FLOCK' && !waiting);
  if (!held) return null;
  const descriptor = inheritedLock(path);
  return descriptor !== null || isBelow(record) ? { descriptor } : null;
}

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

function isBelow({ process: holder, runner }: HolderRecord): boolean {
  const us = processFacts(process.pid);
  if (us?.group === holder.pid) return true;
  const living = [holder, runner].filter(isAlive).map(({ pid }) => pid);
  return ancestors(process.pid).some(({ pid }) => living.includes(pid));
}

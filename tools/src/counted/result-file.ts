import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Counts, TestFailure } from './counts.ts';

/**
 * What a target leaves of its last run, for the sum at the end. Nx keeps it with what else the
 * target makes.
 */
export interface TargetResult {
  readonly counts: Counts;
  readonly failures: readonly TestFailure[];
  readonly tookMs: number;
  /**
   * When it began, in milliseconds since 1970. A result that began before `./hatchery test` did is
   * from the cache.
   */
  readonly startedAt: number;
}

/** Writes the result, and what is above its file. */
export function writeResult(path: string, result: TargetResult): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result)}\n`);
}

/**
 * The result, or null when the target left none: it did not run. Any other error of the file system
 * is thrown.
 */
export function readResult(path: string): TargetResult | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as TargetResult;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Takes the result of an earlier run away, so that nobody mistakes it for one of this run. */
export function forgetResult(path: string): void {
  rmSync(path, { force: true });
}

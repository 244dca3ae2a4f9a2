import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Counts, TestFailure } from './counts.ts';

/**
 * The stored result of a target's last run, for the sum at the end. Nx caches it with the target's
 * other outputs.
 */
export interface TargetResult {
  readonly counts: Counts;
  readonly failures: readonly TestFailure[];
  readonly tookMs: number;
  /**
   * When it began, in milliseconds since 1970. A result that is older than the run of `./hatchery
   * test` comes from the cache.
   */
  readonly startedAt: number;
}

/** Writes the result, and creates the directories above its file. */
export function writeResult(path: string, result: TargetResult): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result)}\n`);
}

/**
 * The result, or null when the target left none: it did not run. Throws any other error of the file
 * system.
 */
export function readResult(path: string): TargetResult | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as TargetResult;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Removes the result of an earlier run, so that it is not mistaken for one of this run. */
export function forgetResult(path: string): void {
  rmSync(path, { force: true });
}

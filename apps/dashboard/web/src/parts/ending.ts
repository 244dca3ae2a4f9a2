import type { ChildExit, LimitName } from '@hatchery/events';

/** How a child ended, in a word: `exit 0`, `SIGKILL`, or that nobody can know. */
export function ending(exit: ChildExit | null): string {
  if (exit === null || (exit.code === null && exit.signal === null)) return 'status unknown';
  return exit.signal ?? `exit ${exit.code}`;
}

/**
 * The mark of an ending by a limit: `over limit cpu_s`, or `out of memory` where that was the
 * machine's.
 */
export function limitMark(limit: LimitName): string {
  return limit === 'memory' ? 'out of memory' : `over limit ${limit}`;
}

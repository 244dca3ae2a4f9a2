import type { ChildExit, LimitName } from '@hatchery/events';

/** How a child ended, in short: `exit 0`, `SIGKILL`, or unknown. */
export function ending(exit: ChildExit | null): string {
  if (exit === null || (exit.code === null && exit.signal === null)) return 'status unknown';
  return exit.signal ?? `exit ${exit.code}`;
}

/**
 * The mark of an ending by a limit: `over limit cpu_s`, or `out of memory` when the host ran out.
 */
export function limitMark(limit: LimitName): string {
  return limit === 'memory' ? 'out of memory' : `over limit ${limit}`;
}

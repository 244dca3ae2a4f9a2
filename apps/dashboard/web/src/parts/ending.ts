import type { ChildExit } from '@hatchery/events';

/** How a child ended, in a word: `exit 0`, `SIGKILL`, or that nobody can know. */
export function ending(exit: ChildExit | null): string {
  if (exit === null || (exit.code === null && exit.signal === null)) return 'status unknown';
  return exit.signal ?? `exit ${exit.code}`;
}

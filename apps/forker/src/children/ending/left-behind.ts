import type { Logger } from '@hatchery/daemon';
import { removePipeDirectory } from '../forking/pipe-directories.ts';
import type { Entry } from '../running/registry.ts';

/** Tells of a child that died before it had removed its pipes. */
export function tellLeftBehind(log: Logger, childId: string, pid: number): void {
  log.warn({ childId, pid }, 'a dead child left its pipes behind; they are removed');
}

/**
 * Removes what an orphan left of its pipes. What cannot be removed now is collected later; the
 * service goes on.
 */
export function removePipes(log: Logger, { child: { id, pid }, directory }: Entry): void {
  try {
    if (removePipeDirectory(directory)) tellLeftBehind(log, id, pid);
  } catch (error) {
    log.error({ err: error, childId: id, pid }, 'the pipes of a dead child cannot be removed');
  }
}

import { dirname } from 'node:path';
import { hostingUmask, readOnlyDirectory, type Config } from '@hatchery/config';
import { makeDirectories, modes, StartError } from '@hatchery/daemon';

/** Makes the directories that the service stands in, unless they are there. @throws {StartError} naming the one that cannot be made */
export function prepareDirectories(config: Config): void {
  for (const [directory, mode] of [
    [config.stateDirectory, modes.passage],
    [config.runtimeDirectory, modes.passage],
    [config.hosting.root, 0o777 & ~hostingUmask(config)],
    [dirname(config.forker.socket), modes.passage],
    [readOnlyDirectory(config), modes.sessionsDirectory],
  ] as const) {
    try {
      makeDirectories(directory, mode);
    } catch (error) {
      throw new StartError(`cannot make ${directory}: ${whyNot(error as NodeJS.ErrnoException)}`, { cause: error });
    }
  }
}

/** What to do about it, where that is known. */
function whyNot({ code, message }: NodeJS.ErrnoException): string {
  const user = `uid ${process.getuid?.() ?? '?'}`;
  if (code === 'EACCES') return `${user} may not write above it; make it and chown it, or configure another`;
  if (code === 'EEXIST') return 'a file is in its place; move it away, or configure another';
  if (code === 'ENOTDIR') return 'a file is in its way; move that away, or configure another';
  return message;
}

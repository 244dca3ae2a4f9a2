import { dirname } from 'node:path';
import { hostingUmask, readOnlyDirectory, type Config } from '@hatchery/config';
import { makeDirectories, makeRuntimeDirectory, modes, StartError } from '@hatchery/daemon';

/**
 * Makes the directories that the service stands in, unless they are there. @throws {StartError}
 * naming the one that cannot be made
 */
export function prepareDirectories(config: Config): void {
  try {
    makeDirectories(config.stateDirectory, modes.passage);
    makeRuntimeDirectory(config);
    makeDirectories(config.hosting.root, 0o777 & ~hostingUmask(config));
    makeDirectories(dirname(config.forker.socket), modes.passage);
    makeDirectories(readOnlyDirectory(config), modes.sessionsDirectory);
  } catch (error) {
    throw new StartError((error as Error).message, { cause: error });
  }
}

import { dirname } from 'node:path';
import type { Config } from '@hatchery/config';
import { makeDirectories, StartError } from '@hatchery/daemon';

/** Makes the directories that the service stands in, unless they are there. @throws {StartError} naming the one that cannot be made */
export function prepareDirectories(config: Config): void {
  for (const [directory, mode] of [
    [config.stateDirectory, 0o755],
    [config.runtimeDirectory, 0o711],
    [config.hosting.root, 0o755],
    [dirname(config.forker.socket), 0o755],
  ] as const) {
    try {
      makeDirectories(directory, mode);
    } catch (error) {
      throw new StartError(`cannot make ${directory}: ${(error as Error).message}`, { cause: error });
    }
  }
}

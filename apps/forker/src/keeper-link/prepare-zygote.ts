import { existsSync } from 'node:fs';
import { sessionSettings, type Config } from '@hatchery/config';
import {
  confinementOf,
  findPreloadLists,
  StartError,
  type Confinement,
  type Logger,
} from '@hatchery/daemon';
import { preloadList } from '../preload-list/preload-list.ts';
import { prepareCgroup, type CgroupPlace } from './delegated-cgroup.ts';
import { zygoteFingerprint } from './fingerprint.ts';
import type { ZygoteConfiguration } from './messages.ts';
import { proveSpawning } from './prove-spawning.ts';
import { prepareSessionUser } from './session-user.ts';

/** Everything that a zygote needs, found in order. */
export interface PreparedZygote {
  readonly configuration: ZygoteConfiguration;
  readonly cgroup: CgroupPlace;
  readonly confinement: Confinement;
}

/** Children that are kept ahead: no more than may ever be used at once, whatever is configured. */
export function poolSizeOf({ forker: { poolSize, childrenMax } }: Config): number {
  return Math.min(poolSize, childrenMax);
}

/**
 * Checks and makes what a zygote of this configuration needs; starts none. `named` is a list of
 * modules to preload in place of the one that fits.
 * @throws {StartError} naming what is missing
 */
export async function prepareZygote(
  config: Config,
  log: Logger,
  named?: string,
): Promise<PreparedZygote> {
  if (named !== undefined && !existsSync(named))
    throw new StartError(
      `${named} is missing, the list of modules to preload; leave out --preload`,
    );
  const { fork } = config.forker;
  const tell = { info: (line: string) => log.info(line), warn: (line: string) => log.warn(line) };
  // A session that is a Python of its own preloads nothing.
  const manifest =
    named ?? (fork ? await preloadList(findPreloadLists(config.stateDirectory), tell) : '');
  const user = prepareSessionUser(config);
  const cgroup = prepareCgroup(user.account, config.runtimeDirectory);
  // As they are, not as they are asked for.
  const settings = { ...sessionSettings(config), runAs: user.account?.name ?? null };
  if (!fork) await proveSpawning(settings);
  const configuration = {
    ...settings,
    fork,
    preload: manifest,
    // Children that are not forked cost as much waiting as running.
    poolSize: fork ? poolSizeOf(config) : 0,
    cgroup: cgroup.directory,
    fingerprint: zygoteFingerprint(manifest),
  };
  return { configuration, cgroup, confinement: confinementOf(user) };
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sessionSettings, type Config } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { prepareCgroup, type CgroupPlace } from './delegated-cgroup.ts';
import { zygoteFingerprint } from './fingerprint.ts';
import type { ZygoteConfiguration } from './messages.ts';
import { proveSpawning } from './prove-spawning.ts';
import { prepareSessionUser } from './session-user.ts';

/** What the build recorded: the modules that real sessions import. */
const builtManifest = fileURLToPath(new URL('../../dist/preload.json', import.meta.url));

/** Everything that a zygote needs, found in order. */
export interface PreparedZygote {
  readonly configuration: ZygoteConfiguration;
  readonly cgroup: CgroupPlace;
}

/** Children that are kept ahead: no more than may ever be used at once, whatever is configured. */
export function poolSizeOf({ forker: { poolSize, childrenMax } }: Config): number {
  return Math.min(poolSize, childrenMax);
}

/**
 * Checks and makes what a zygote of this configuration needs; starts none. `manifest` is another list of modules than the build's.
 * @throws {StartError} naming what is missing
 */
export async function prepareZygote(config: Config, manifest: string = builtManifest): Promise<PreparedZygote> {
  if (!existsSync(manifest))
    throw new StartError(`${manifest} is missing, the list of modules to preload; ./hatchery doctor makes it`);
  prepareSessionUser(config);
  const cgroup = prepareCgroup(config.forker.runAs, config.runtimeDirectory);
  const { fork } = config.forker;
  if (!fork) await proveSpawning(config);
  const configuration = {
    ...sessionSettings(config),
    fork,
    preload: manifest,
    // Children that are not forked cost as much waiting as running.
    poolSize: fork ? poolSizeOf(config) : 0,
    cgroup: cgroup.directory,
    fingerprint: zygoteFingerprint(manifest),
  };
  return { configuration, cgroup };
}

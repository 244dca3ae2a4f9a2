import type { Config } from '@hatchery/config';
import { preloadListPaths } from '@hatchery/daemon';
import type { ZygoteHealth, ZygoteTrouble } from '@hatchery/events';
import { NotRunningError, serviceState } from '../service/running-service.ts';
import { describeTrouble } from '../service/zygote-trouble.ts';
import type { Check } from './check.ts';

/** What the running service reports about itself and its zygote; nothing when none runs. */
export async function checkZygote(config: Config): Promise<Check[]> {
  const state = await serviceState(config).catch((error: unknown) => error as Error);
  if (state instanceof NotRunningError) return [];
  if (state instanceof Error) return [{ what: 'running fork service', trouble: state.message }];
  const { keeper, zygote } = state;
  const keeperCheck = { what: 'keeper of the running service', trouble: keeper.trouble };
  // What is known of the zygote is as old as the last word of the keeper.
  if (keeper.trouble !== null) return [keeperCheck];
  return [keeperCheck, checkHealth(zygote, preloadListPaths(config.stateDirectory))];
}

/**
 * The whole explanation of a zygote that fails to start, in one line, with the remedy. `lists` are
 * the paths of the lists of modules.
 */
export function checkHealth(health: ZygoteHealth, lists: readonly string[]): Check {
  const { pid, trouble } = health;
  const what = health.isOff
    ? 'sessions without a zygote, as configured'
    : 'zygote of the running service';
  if (trouble === null) return { what, trouble: null };
  const effect =
    pid === null
      ? 'no session can be forked until it does'
      : `the one before (pid ${pid}) serves on`;
  const stderr =
    trouble.stderr.length === 0
      ? 'it said nothing on stderr'
      : `its stderr: ${trouble.stderr.join(' | ')}`;
  return {
    what,
    trouble: `${describeTrouble(health)}; ${effect}; ${remedy(trouble, lists)}; ${stderr}`,
  };
}

/** The service retries by itself: a repair needs no restart. */
function remedy({ message, step }: ZygoteTrouble, lists: readonly string[]): string {
  if (/No module named 'breezy'/.test(message))
    return 'apt-get install --reinstall brz python3-breezy';
  if (/^ModuleNotFoundError|^ImportError/.test(message))
    return `the list of modules is for another Breezy: rm -f ${lists.join(' ')} && hatchery restart`;
  if (step === 'serving')
    return 'a session or the system kills it: look at what ran, and at dmesg for the out-of-memory killer';
  return 'mend what its stderr names; it is tried again by itself';
}

import type { Config } from '@hatchery/config';
import type { ZygoteHealth, ZygoteTrouble } from '@hatchery/events';
import { NotRunningError, serviceState } from '../running-service.ts';
import { describeTrouble } from '../zygote-trouble.ts';
import type { Check } from './check.ts';

/** What the running service says of itself and its zygote; nothing when none runs. */
export async function checkZygote(config: Config): Promise<Check[]> {
  const state = await serviceState(config).catch((error: unknown) => error as Error);
  if (state instanceof NotRunningError) return [];
  if (state instanceof Error) return [{ what: 'running fork service', trouble: state.message }];
  const { keeper, zygote } = state;
  const keeperCheck = { what: 'keeper of the running service', trouble: keeper.trouble ?? null };
  // What is known of the zygote is as old as the last word of the keeper.
  if (zygote === undefined || keeperCheck.trouble !== null) return [keeperCheck];
  return [keeperCheck, checkHealth(zygote)];
}

/** The whole story of a zygote that does not come up, in one line, and how to mend it. */
export function checkHealth(health: ZygoteHealth): Check {
  const { pid, trouble } = health;
  const what = health.isOff === true ? 'sessions without a zygote, as configured' : 'zygote of the running service';
  if (trouble === null) return { what, trouble: null };
  const effect = pid === null ? 'no session can be forked until it does' : `the one before (pid ${pid}) serves on`;
  const stderr =
    trouble.stderr.length === 0 ? 'it said nothing on stderr' : `its stderr: ${trouble.stderr.join(' | ')}`;
  return { what, trouble: `${describeTrouble(health)}; ${effect}; ${remedy(trouble)}; ${stderr}` };
}

/** It is tried again by itself: what is mended needs no restart. */
function remedy({ message, step }: ZygoteTrouble): string {
  if (/No module named 'breezy'/.test(message)) return 'apt-get install --reinstall brz python3-breezy';
  if (
    /preload\.json|list of modules|made for Breezy/.test(message) ||
    /^ModuleNotFoundError|^ImportError/.test(message)
  )
    return 'remove apps/forker/dist/preload.json and run ./hatchery, which makes it for this Breezy';
  if (step === 'serving')
    return 'a session or the system kills it: look at what ran, and at dmesg for the out-of-memory killer';
  return 'mend what its stderr names; it is tried again by itself';
}

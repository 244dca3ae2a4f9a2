import {
  clearPartHalt,
  currentHalt,
  readPartHalt,
  readPartRecord,
  type PartHalt,
} from '@hatchery/daemon';
import { waitFor } from '@hatchery/waiting';
import { exitDone, exitFailed, type Invocation } from '../command.ts';
import { partStartMsMax, resumeLookMs } from '../limits.ts';
import { partPrograms } from './part.ts';
import { recordBegun } from '../sessions/recorded.ts';
import { replaceParts } from './replace-parts.ts';
import { actor } from './running-service.ts';
import type { ServiceProcess } from './service-process.ts';

/**
 * Has the supervisor that runs start the parts that somebody has stopped, and those that it would
 * try later, and no other; resolves when they are ready, or have failed again. A part that was
 * stopped and still serves its sessions is replaced as by a restart, so that nobody waits for
 * those. The exit code.
 * @throws when there are none
 */
export async function resumeParts(
  invocation: Invocation,
  running: ServiceProcess,
): Promise<number> {
  const { config, options, print, say } = invocation;
  const halts = Object.keys(partPrograms).flatMap((name) => currentHalt(config, name) ?? []);
  if (halts.length === 0)
    throw new Error(`it runs already (pid ${running.pid}); hatchery stop ends it`);
  const finishing = halts.filter(({ name, pid }) => readPartRecord(config, name)?.pid === pid);
  if (finishing.length > 0) {
    const names = finishing.map(({ name, pid }) => `${name} (pid ${pid})`).join(' and ');
    say(`${names} still serves its sessions; new parts start beside the old ones`);
    return replaceParts(invocation, running.runtimeDirectory);
  }
  const target = halts.map(({ name }) => name).join(' and ');
  const asked = { actor: actor(invocation), verb: 'start', target, reason: 'hatchery start' };
  const finish = await recordBegun(config, asked, say);
  // What is waited for by the supervisor is that this is taken away.
  for (const { name } of halts) clearPartHalt(config, name);
  const failures = await Promise.all(halts.map((halt) => whyNotResumed(invocation, halt)));
  const failed = failures.filter((failure) => failure !== null);
  await finish(failed.length === 0 ? 'done' : `failed: ${failed.join('; ')}`);
  for (const failure of failed) say(`start: ${failure}`);
  if (failed.length > 0) return exitFailed;
  const parts = halts.map(({ name }) => ({ name, pid: readPartRecord(config, name)?.pid ?? null }));
  const lines = parts.map(({ name, pid }) => `${name} runs again (pid ${pid ?? '?'})\n`).join('');
  print(options['json'] === true ? `${JSON.stringify({ event: 'resumed', parts })}\n` : lines);
  return exitDone;
}

/** Null once it is ready. */
async function whyNotResumed(
  { config }: Invocation,
  { name, pid }: PartHalt,
): Promise<string | null> {
  const outcome = (): { readonly failure: string | null } | null => {
    const record = readPartRecord(config, name);
    if (record !== null && record.pid !== pid) return { failure: null };
    const halt = readPartHalt(config, name);
    if (halt === null || record !== null) return null;
    return { failure: `${name} does not come up: ${halt.reason}` };
  };
  const patience = { everyMs: resumeLookMs, forMs: partStartMsMax };
  const found = await waitFor(outcome, patience);
  if (found !== null) return found.failure;
  return `${name} is not ready within its deadline; hatchery status tells more`;
}

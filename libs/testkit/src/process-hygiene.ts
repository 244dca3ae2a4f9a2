import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@hatchery/waiting';
import { listProcesses, processesThatMention } from './processes.ts';

/** What this process held before a test. */
export interface Baseline {
  readonly openDescriptors: number;
}

/** How long processes that were asked to end may take. */
const settleMsMax = 10_000;

/** What this process holds now. Call it before the first service is started. */
export function takeBaseline(): Baseline {
  return { openDescriptors: countDescriptors() };
}

/**
 * Asserts that nothing is left of the services that ran on a state directory: no process, no zombie
 * of ours, no pipe directory, and no descriptor of ours that was not open at the baseline. Ending
 * processes get a moment.
 */
export async function assertNothingLeft(
  stateDirectory: string,
  baseline: Baseline,
  settleMs: number = settleMsMax,
): Promise<void> {
  let left = listLeft(stateDirectory, baseline);
  const isNothing = (): boolean => (left = listLeft(stateDirectory, baseline)).length === 0;
  await waitFor(isNothing, { everyMs: 10, forMs: settleMs });
  assert.deepEqual(left, []);
}

/**
 * Kills what a failed test left of the services on a state directory. A passed test leaves nothing.
 */
export function killWhatMentions(stateDirectory: string): void {
  for (const { pid } of processesThatMention(stateDirectory)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Directories of pipes below a directory. */
export function listPipeDirectories(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const path = join(directory, name);
      return name.startsWith('lp-forking-service-child-') ? [path] : listPipeDirectories(path);
    });
}

function listLeft(stateDirectory: string, { openDescriptors }: Baseline): string[] {
  const zombies = listProcesses().filter(
    ({ parentPid, state }) => parentPid === process.pid && state === 'Z',
  );
  const descriptors = countDescriptors() - openDescriptors;
  return [
    ...processesThatMention(stateDirectory).map(
      ({ pid, commandLine }) => `process ${pid}: ${commandLine}`,
    ),
    ...zombies.map(({ pid }) => `zombie ${pid}`),
    ...listPipeDirectories(stateDirectory).map((path) => `pipe directory ${path}`),
    ...(descriptors > 0 ? [`${descriptors} descriptors`] : []),
  ];
}

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countsPath, type Counting } from '../nx/target.ts';
import { countCommand } from './count-command.ts';
import { formatCounts } from './counts.ts';
import { forgetResult, writeResult } from './result-file.ts';

/**
 * `main.ts PROJECT TARGET COUNTING DIRECTORY SECONDS COMMAND…`: runs the command of a target in the
 * directory (relative to the root), stores the counts for the sum, and prints them. It prints the
 * output only when something failed.
 */
async function main(words: readonly string[]): Promise<number> {
  const [project, target, counting, directory, seconds, program, ...rest] = words;
  if (
    project === undefined ||
    target === undefined ||
    directory === undefined ||
    program === undefined
  ) {
    throw new Error('usage: main.ts PROJECT TARGET COUNTING DIRECTORY SECONDS COMMAND…');
  }
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const file = join(root, countsPath({ project, target }));
  const command = {
    name: `${project}:${target}`,
    counting: counting as Counting,
    argv: [program, ...rest] as const,
    directory,
    timeoutS: Number(seconds),
  };
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort());
  const startedAt = Date.now();
  forgetResult(file);
  const { counts, failures, output } = await countCommand(root, command, stop.signal);
  const tookMs = Date.now() - startedAt;
  writeResult(file, { counts, failures, tookMs, startedAt });
  if (counts.failed > 0) console.log(withoutPassed(output));
  for (const { name, message } of failures) if (name === command.name) console.log(message);
  console.log(`${formatCounts(counts)} (${(tookMs / 1000).toFixed(1)} s)`);
  return counts.failed === 0 ? 0 : 1;
}

/** Hundreds of passed tests would hide the failed one. */
function withoutPassed(output: string): string {
  return output.replace(/^\s*✔ .*\n/gm, '').trimEnd();
}

process.exitCode = await main(process.argv.slice(2));

import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatCounts, sumCounts, type TestFailure } from './counts.ts';
import { listSteps, select } from './plan.ts';
import { readProjects } from './projects.ts';
import { startSteps, type TimedResult } from './start-steps.ts';

/**
 * `./hatchery test [NAME…]`: every check and test, or those whose step, project or file has a NAME
 * in its name.
 */
async function main(words: readonly string[]): Promise<number> {
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const acceptanceFiles = largestFirst(root, globSync('acceptance/**/*.test.ts', { cwd: root }));
  const steps = listSteps(readProjects(root), acceptanceFiles);
  if (words.some((word) => word === '--help' || word === '-h')) {
    console.log(usage(steps.map(({ name }) => name)));
    return 0;
  }
  const chosen = select(steps, words);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const running = startSteps(root, chosen, stop.signal);
  const results = [];
  for (const { step, result } of running) {
    const { counts, failures, output, tookMs, jobs } = await result;
    if (stop.signal.aborted) break;
    console.log(`\n── ${step.name}`);
    if (counts.failed > 0) console.log(withoutPassed(output));
    console.log(`── ${step.name}: ${formatCounts(counts)} (${seconds(tookMs)})${slowest(jobs)}`);
    results.push({ step, counts, failures });
  }
  await Promise.allSettled(running.map(({ result }) => result));
  for (const { step, failures } of results) printFailures(step.name, failures);
  const counts = sumCounts(results.map((result) => result.counts));
  const complete = !stop.signal.aborted && counts.passed > 0;
  console.log(
    `\n${formatCounts(complete ? counts : { ...counts, failed: Math.max(1, counts.failed) })}`,
  );
  return complete && counts.failed === 0 ? 0 : 1;
}

function usage(stepNames: readonly string[]): string {
  return `usage: hatchery test [NAME…]

Runs every check and test, or those whose step, project or file has a NAME in its name. These steps run side by side:
  ${stepNames.join(', ')}
Name a project as in package.json (ssh-gateway), a file by its path (acceptance/src/locks.test.ts).
The last line is N passed, N failed. The exit code is 1 if a test failed, 2 if nothing has such a name.`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** What to look at first when the whole takes too long. Nothing of a step that has few jobs. */
function slowest(jobs: TimedResult['jobs']): string {
  if (jobs.length < 4) return '';
  const named = jobs.toSorted((one, other) => other.tookMs - one.tookMs).slice(0, 3);
  return `, slowest: ${named.map(({ name, tookMs }) => `${name} ${seconds(tookMs)}`).join(', ')}`;
}

/** The longest file takes longest, more or less, and should not be what is left at the end. */
function largestFirst(root: string, files: readonly string[]): string[] {
  const bytes = (file: string): number => statSync(join(root, file)).size;
  return files.toSorted((one, other) => bytes(other) - bytes(one) || (one < other ? -1 : 1));
}

/** Hundreds of tests that passed would hide the one that did not. */
function withoutPassed(output: string): string {
  return output.replace(/^\s*✔ .*\n/gm, '').trimEnd();
}

function printFailures(step: string, failures: readonly TestFailure[]): void {
  if (failures.length > 0) console.log(`\nFailed in ${step}:`);
  for (const { file, name, message } of failures) {
    console.log(`  ${[file, name, message].filter((part) => part !== '').join(': ')}`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(`hatchery test: ${error.message}`);
  process.exitCode = 2;
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatCounts, sumCounts, type Counts, type TestFailure } from './counted/counts.ts';
import { forgetResult, readResult } from './counted/result-file.ts';
import { listTargets } from './nx/list-targets.ts';
import { countsPath, type Target } from './nx/target.ts';
import { runNx } from './run-nx.ts';
import { nxRuns, select, stepsOf } from './select.ts';

/**
 * `./hatchery test [--no-cache] [NAME…]`: the Nx targets whose step, project or file has a NAME in
 * its name, and their sum.
 */
async function main(words: readonly string[]): Promise<number> {
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const all = listTargets(root);
  if (words.some((word) => word === '--help' || word === '-h')) {
    console.log(usage(stepsOf(all)));
    return 0;
  }
  const names = words.filter((word) => word !== '--no-cache');
  const chosen = select(all, names);
  for (const target of chosen) forgetResult(join(root, countsPath(target)));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const startedAt = Date.now();
  let succeeded = true;
  for (const run of nxRuns(all, chosen)) {
    if (!(await runNx(root, run, names.length === words.length, stop.signal))) succeeded = false;
  }
  const outcomes = chosen.map((target) => outcomeOf(root, target, startedAt));
  for (const step of stepsOf(chosen)) printStep(step, outcomes);
  for (const step of stepsOf(chosen)) printFailures(step, outcomes);
  const counts = sumCounts(outcomes.map((outcome) => outcome.counts));
  const complete = succeeded && !stop.signal.aborted && counts.passed > 0;
  const told = complete ? counts : { ...counts, failed: Math.max(1, counts.failed) };
  console.log(`\n${formatCounts(told)}`);
  return told.failed === 0 ? 0 : 1;
}

interface Outcome {
  readonly target: Target;
  readonly counts: Counts;
  readonly failures: readonly TestFailure[];
  readonly tookMs: number;
  readonly isCached: boolean;
}

/**
 * A target without a result counts as one failure: it was interrupted, or it depends on one that
 * failed.
 */
function outcomeOf(root: string, target: Target, startedAt: number): Outcome {
  const result = readResult(join(root, countsPath(target)));
  if (result !== null) return { target, ...result, isCached: result.startedAt < startedAt };
  const failures = [{ file: '', name: labelOf(target), message: 'did not run' }];
  return {
    target,
    counts: { passed: 0, failed: 1, skipped: 0 },
    failures,
    tookMs: 0,
    isCached: false,
  };
}

/** The test file of a target, else the target. */
function labelOf({ project, target, parts }: Target): string {
  return parts[1] ?? `${project}:${target}`;
}

function printStep(step: string, outcomes: readonly Outcome[]): void {
  const own = outcomes.filter(({ target }) => target.step === step);
  const cached = own.filter(({ isCached }) => isCached).length;
  const notes = [
    cached === 0 ? [] : [`${cached} of ${own.length} from the cache`],
    slowest(own),
  ].flat();
  console.log(
    [`── ${step}: ${formatCounts(sumCounts(own.map(({ counts }) => counts)))}`, ...notes].join(
      ', ',
    ),
  );
}

/**
 * The slowest targets, to look at first when the whole takes too long. Empty for a step with few
 * targets.
 */
function slowest(outcomes: readonly Outcome[]): string[] {
  const ran = outcomes
    .filter(({ isCached }) => !isCached)
    .toSorted((one, other) => other.tookMs - one.tookMs);
  if (ran.length < 4) return [];
  const named = ran
    .slice(0, 3)
    .map(({ target, tookMs }) => `${labelOf(target)} ${(tookMs / 1000).toFixed(1)} s`);
  return [`slowest: ${named.join(', ')}`];
}

function printFailures(step: string, outcomes: readonly Outcome[]): void {
  const failures = outcomes
    .filter(({ target }) => target.step === step)
    .flatMap((outcome) => outcome.failures);
  if (failures.length > 0) console.log(`\nFailed in ${step}:`);
  for (const { file, name, message } of failures) {
    console.log(`  ${[file, name, message].filter((part) => part !== '').join(': ')}`);
  }
}

function usage(stepNames: readonly string[]): string {
  return `usage: hatchery test [--no-cache] [NAME…]

Runs every check and test, or those whose step, project or file has a NAME in its name. The steps run side by side:
  ${stepNames.join(', ')}
Name a project as in package.json (ssh-gateway), a file by its path (acceptance/src/locks.test.ts).
Nx runs them, and takes from its cache what has not changed since it last passed; --no-cache runs all anew.
The last line is N passed, N failed. The exit code is 1 if a test failed, 2 if nothing has such a name.`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(`hatchery test: ${error.message}`);
  process.exitCode = 2;
}

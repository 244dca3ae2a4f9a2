import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  countsOfRun,
  parseRuns,
  parseUnittest,
  sumCounts,
  type Counts,
  type NodeTestRun,
  type TestFailure,
} from './counts.ts';
import type { Counting, Job, Step } from './plan.ts';
import { runCommand, type Ending } from './run-command.ts';

/**
 * What came of a step. A job that ran no test, or ended badly with none failed, counts as one
 * failure.
 */
export interface StepResult {
  readonly counts: Counts;
  /** Tests that failed, and what else was wrong. */
  readonly failures: readonly TestFailure[];
  /** What was printed; of a step, by those of its jobs that failed, one after the other. */
  readonly output: string;
}

type Counted = Omit<StepResult, 'output'>;

const reporter = fileURLToPath(new URL('counting-reporter.ts', import.meta.url));

/** What came of a step's jobs, given in their order. */
export function sumJobs(step: Step, results: readonly StepResult[]): StepResult {
  const silent: readonly TestFailure[] = results.length === 0 ? [noTest(step.name)] : [];
  return {
    counts: sumCounts([
      ...results.map(({ counts }) => counts),
      { passed: 0, failed: silent.length, skipped: 0 },
    ]),
    failures: [...results.flatMap(({ failures }) => failures), ...silent],
    // Hundreds of lines of jobs that passed would hide those of the one that did not.
    output: results.map(({ counts, output }) => (counts.failed > 0 ? output : '')).join(''),
  };
}

/** Runs one job in `root`. An abort ends it early, and lets none start. */
export async function runJob(
  root: string,
  counting: Counting,
  job: Job,
  signal?: AbortSignal,
): Promise<StepResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'hatchery-test-'));
  try {
    const countsFile = join(scratch, 'counts');
    const environment = jobEnvironment(root, counting === 'node-test' ? countsFile : null);
    const directory = join(root, job.directory);
    const ending = await runCommand(
      { argv: job.argv, directory, environment, timeoutS: job.timeoutS },
      signal,
    );
    const counted = existsSync(countsFile) ? readFileSync(countsFile, 'utf8') : '';
    return judge(job, counting, ending, countOf(root, counting, ending, counted));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A bad end must count, and so must silence: a glob that matches nothing exits 0. */
function judge(
  job: Job,
  counting: Counting,
  { succeeded, cause, output }: Ending,
  counted: Counted,
): StepResult {
  const { counts, failures } = counted;
  const ranNone = counting !== 'check' && counts.passed + counts.failed + counts.skipped === 0;
  if (counts.failed > 0 || (succeeded && !ranNone)) return { counts, failures, output };
  const failure = succeeded ? noTest(job.name) : { file: '', name: job.name, message: cause };
  return { counts: { ...counts, failed: 1 }, failures: [...failures, failure], output };
}

/** `counted` is what the counting reporter wrote. */
function countOf(root: string, counting: Counting, ending: Ending, counted: string): Counted {
  switch (counting) {
    case 'check':
      return { counts: { passed: ending.succeeded ? 1 : 0, failed: 0, skipped: 0 }, failures: [] };
    case 'unittest':
      return parseUnittest(ending.output) ?? { counts: sumCounts([]), failures: [] };
    case 'node-test': {
      const runs = parseRuns(counted);
      return {
        counts: sumCounts(runs.map(countsOfRun)),
        failures: runs.flatMap((run) => failuresOf(root, run)),
      };
    }
  }
}

function noTest(name: string): TestFailure {
  return { file: '', name, message: 'ran no test' };
}

/** Their files relative to the root. */
function failuresOf(root: string, { directory, failures }: NodeTestRun): TestFailure[] {
  return failures.map((failure) => ({
    ...failure,
    file: relative(root, join(directory, failure.file)),
  }));
}

/**
 * The pinned Node first; Nx, whose project graph the lint reads, without its daemon and its cloud.
 */
function jobEnvironment(root: string, countsFile: string | null): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    // Node warns of NO_COLOR beside it.
    FORCE_COLOR: '0',
  };
  delete environment['NO_COLOR'];
  if (countsFile === null) return environment;
  // The second one prints nothing, but wants a file to print it to, which cannot be /dev/null: it
  // is synced.
  const reporters = [
    ['spec', 'stdout'],
    [reporter, `${countsFile}.printed`],
  ].map(
    ([name, destination]) =>
      `"--test-reporter=${name}" "--test-reporter-destination=${destination}"`,
  );
  return { ...environment, HATCHERY_TEST_COUNTS: countsFile, NODE_OPTIONS: reporters.join(' ') };
}

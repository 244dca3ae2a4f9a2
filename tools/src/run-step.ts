import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countsOfRun, parseRuns, parseUnittest, sumCounts, type Counts, type TestFailure } from './counts.ts';
import type { Part, Step } from './plan.ts';
import { runCommand, type Ending } from './run-command.ts';

/** What came of a step. A step that ran no test, or ended badly with none failed, counts as one failure. */
export interface StepResult {
  readonly counts: Counts;
  /** Tests that failed, and what else was wrong. */
  readonly failures: readonly TestFailure[];
  /** Everything the step printed. */
  readonly output: string;
}

const reporter = fileURLToPath(new URL('counting-reporter.ts', import.meta.url));

/** Runs one step in `root`, on the given parts of it. */
export async function runStep(
  root: string,
  step: Step,
  parts: readonly Part[],
  signal?: AbortSignal,
): Promise<StepResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'hatchery-test-'));
  try {
    const countsFile = join(scratch, 'counts');
    const environment = stepEnvironment(root, step.counting === 'node-test' ? countsFile : null);
    const command = { argv: step.argv(parts), directory: root, environment, timeoutS: step.timeoutS };
    const ending = await runCommand(command, signal);
    const counted = existsSync(countsFile) ? readFileSync(countsFile, 'utf8') : '';
    return judge(root, step, parts, ending, counted);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** `counted` is what the counting reporter wrote. */
function judge(root: string, step: Step, parts: readonly Part[], ending: Ending, counted: string): StepResult {
  const { counts, failures } = countOf(root, step, parts, ending, counted);
  const { output } = ending;
  if (ending.succeeded || counts.failed > 0) return { counts, failures, output };
  const failure = { file: '', name: step.name, message: ending.cause };
  return { counts: { ...counts, failed: 1 }, failures: [...failures, failure], output };
}

function countOf(
  root: string,
  step: Step,
  parts: readonly Part[],
  ending: Ending,
  counted: string,
): Omit<StepResult, 'output'> {
  switch (step.counting) {
    case 'check':
      return { counts: { passed: ending.succeeded ? 1 : 0, failed: 0, skipped: 0 }, failures: [] };
    case 'unittest': {
      const parsed = parseUnittest(ending.output);
      const sum = parsed?.counts ?? { passed: 0, failed: 0, skipped: 0 };
      return withNone({ counts: sum, failures: parsed?.failures ?? [] }, sumOf(sum) === 0 ? [step.name] : []);
    }
    case 'node-test': {
      const runs = parseRuns(counted);
      const silent = parts.filter(({ directory }) => {
        const at = resolve(root, directory ?? '.');
        return !runs.some((run) => run.tests > 0 && resolve(run.directory) === at);
      });
      const nothing = parts.length === 0 ? [step.name] : silent.map(({ name }) => name);
      const result = { counts: sumCounts(runs.map(countsOfRun)), failures: runs.flatMap(failuresOf(root)) };
      return withNone(result, nothing);
    }
  }
}

/** A glob that matches nothing exits 0, so that silence must count as a failure. */
function withNone(result: Omit<StepResult, 'output'>, silent: readonly string[]): Omit<StepResult, 'output'> {
  const none = silent.map((name) => ({ file: '', name, message: 'ran no test' }));
  const counts = { ...result.counts, failed: result.counts.failed + none.length };
  return { counts, failures: [...result.failures, ...none] };
}

function failuresOf(root: string): (run: { directory: string; failures: readonly TestFailure[] }) => TestFailure[] {
  return ({ directory, failures }) => {
    const project = resolve(directory).slice(resolve(root).length + 1);
    return failures.map((failure) => ({ ...failure, file: join(project, failure.file) }));
  };
}

function sumOf({ passed, failed, skipped }: Counts): number {
  return passed + failed + skipped;
}

/** The pinned Node first; Nx without its daemon, its cloud and its screen. */
function stepEnvironment(root: string, countsFile: string | null): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
    // Nx would force colors on, and Node warns of NO_COLOR beside that.
    FORCE_COLOR: '0',
  };
  delete environment['NO_COLOR'];
  if (countsFile === null) return environment;
  // The second one prints nothing, but wants a file to print it to, which cannot be /dev/null: it is synced.
  const reporters = [
    ['spec', 'stdout'],
    [reporter, `${countsFile}.printed`],
  ].map(([name, destination]) => `"--test-reporter=${name}" "--test-reporter-destination=${destination}"`);
  return { ...environment, HATCHERY_TEST_COUNTS: countsFile, NODE_OPTIONS: reporters.join(' ') };
}

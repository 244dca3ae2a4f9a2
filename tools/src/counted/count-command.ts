import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Counting } from '../nx/target.ts';
import {
  countsOfRun,
  parseRuns,
  parseUnittest,
  sumCounts,
  type Counts,
  type NodeTestRun,
  type TestFailure,
} from './counts.ts';
import { runCommand, type Ending } from './run-command.ts';

/** A command whose tests are counted. */
export interface CountedCommand {
  /** The name of a failure that is not a test's. */
  readonly name: string;
  readonly counting: Counting;
  readonly argv: readonly [program: string, ...rest: string[]];
  /** Where it runs, relative to the root. */
  readonly directory: string;
  readonly timeoutS: number;
}

/**
 * The result. A command that ran no test, or that failed without a failed test, counts as one
 * failure.
 */
export interface CountedResult {
  readonly counts: Counts;
  /** Tests that failed, and other problems. */
  readonly failures: readonly TestFailure[];
  /** Both outputs in the order they were written, without the colours. */
  readonly output: string;
}

type Counted = Omit<CountedResult, 'output'>;

const reporter = fileURLToPath(new URL('counting-reporter.ts', import.meta.url));

/** Runs it below `root`. An abort ends it early. */
export async function countCommand(
  root: string,
  command: CountedCommand,
  signal?: AbortSignal,
): Promise<CountedResult> {
  const { name, counting, argv, timeoutS } = command;
  const scratch = mkdtempSync(join(tmpdir(), 'hatchery-test-'));
  try {
    const countsFile = join(scratch, 'counts');
    const directory = join(root, command.directory);
    const programs = [directory, root].map((place) => join(place, 'node_modules/.bin'));
    const environment = environmentOf(programs, counting === 'node-test' ? countsFile : null);
    const raw = await runCommand({ argv, directory, environment, timeoutS }, signal);
    const ending = { ...raw, output: stripVTControlCharacters(raw.output) };
    const counted = existsSync(countsFile) ? readFileSync(countsFile, 'utf8') : '';
    return judge(name, counting, ending, countOf(root, counting, ending, counted));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A failed exit must count, and so must silence: a glob that matches nothing exits 0. */
function judge(
  name: string,
  counting: Counting,
  { succeeded, cause, output }: Ending,
  counted: Counted,
): CountedResult {
  const { counts, failures } = counted;
  const ranNone = counting !== 'check' && counts.passed + counts.failed + counts.skipped === 0;
  if (counts.failed > 0 || (succeeded && !ranNone)) return { counts, failures, output };
  const failure = { file: '', name, message: succeeded ? 'ran no test' : cause };
  return { counts: { ...counts, failed: 1 }, failures: [...failures, failure], output };
}

/** `counted` is the output of the counting reporter. */
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

/** The failures, with their files relative to the root. */
function failuresOf(root: string, { directory, failures }: NodeTestRun): TestFailure[] {
  return failures.map((failure) => ({
    ...failure,
    file: relative(root, join(directory, failure.file)),
  }));
}

/** Settings of the user that are for other programs, and what Nx tells its own. */
const foreign = /^NX_|^NODE_(?!EXTRA_CA_CERTS$|COMPILE_CACHE$)|^NO_COLOR$|^npm_|^INIT_CWD$/;

/**
 * The same environment whether `./hatchery test` or a person's own Nx runs it: the programs of the
 * packages come first, the pinned Node among them, and settings for other programs are removed.
 */
function environmentOf(programs: readonly string[], countsFile: string | null): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const environment: NodeJS.ProcessEnv = {
    ...Object.fromEntries(kept),
    PATH: [...programs, process.env['PATH'] ?? ''].join(':'),
    // The lint reads Nx's graph of projects.
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    FORCE_COLOR: '0',
  };
  if (countsFile === null) return environment;
  // The second one prints nothing but requires a file to print to, which cannot be /dev/null
  // because it is synced.
  const reporters = [
    ['spec', 'stdout'],
    [reporter, `${countsFile}.printed`],
  ].map(
    ([name, destination]) =>
      `"--test-reporter=${name}" "--test-reporter-destination=${destination}"`,
  );
  return { ...environment, HATCHERY_TEST_COUNTS: countsFile, NODE_OPTIONS: reporters.join(' ') };
}

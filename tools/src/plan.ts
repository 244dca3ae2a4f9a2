import type { Project } from './projects.ts';

/** How a step's result is counted: `check` as one, the others by the tests their runner counted. */
export type Counting = 'check' | 'node-test' | 'unittest';

/** One step of `./hatchery test`. */
export interface Step {
  readonly name: string;
  readonly counting: Counting;
  /**
   * What can be chosen of it by name, as projects or test files. Each must run at least one test.
   */
  readonly parts: readonly Part[];
  /** What is run for these parts. Jobs run beside each other and in any order. */
  readonly jobs: (parts: readonly Part[]) => readonly Job[];
}

/** A project or a test file. */
export interface Part {
  readonly name: string;
  /** Where its tests run, relative to the root. */
  readonly directory: string;
}

/** One command of a step. */
export interface Job {
  /** The part that it runs; the step's own name where a step has none. */
  readonly name: string;
  readonly argv: readonly [program: string, ...rest: string[]];
  /** Where it runs, relative to the root. */
  readonly directory: string;
  readonly timeoutS: number;
}

/**
 * Tests of the page in a real browser on the whole service, apart from the rest of `acceptance/`,
 * so that each can be run alone.
 */
const storiesDirectory = 'acceptance/stories/';

/**
 * A test that takes longer hangs, in milliseconds. It ends with its name, long before its whole
 * project would. Projects say it in their scripts.
 */
const testMsMax = 300_000;

/** Every step, in the order of what fails soonest. `acceptanceFiles` are relative to the root. */
export function listSteps(
  projects: readonly Project[],
  acceptanceFiles: readonly string[],
): Step[] {
  const tested = projects.filter(
    ({ testScripts, directory }) => testScripts.length > 0 && directory !== 'acceptance',
  );
  const [tidy, units] = [tested.filter(isTools), tested.filter((project) => !isTools(project))];
  const isStory = (file: string): boolean => file.startsWith(storiesDirectory);
  return [
    check('format', 600, 'prettier', '--check', '--log-level=warn', '.'),
    check('python format', 600, '/usr/bin/black', '--check', '.'),
    typecheck(projects),
    // It makes Nx's graph of projects first, which the rule about their layers reads; without one
    // that rule warns, and checks nothing.
    check('lint', 600, 'npm', 'run', '--silent', 'lint'),
    check('unused code', 600, 'knip', '--no-progress'),
    check(
      'python types',
      600,
      '/usr/bin/mypy',
      '--strict',
      '--allow-untyped-calls',
      'apps/forker/zygote',
      'apps/cli/lock',
    ),
    projectTests('tidy', 600, tidy),
    pythonTests(),
    projectTests('unit tests', 1800, units),
    fileTests(
      'acceptance',
      acceptanceFiles.filter((file) => !isStory(file)),
    ),
    fileTests('stories', acceptanceFiles.filter(isStory)),
  ];
}

/**
 * What the names on the command line ask for: whole steps, or parts of them. Throws a RangeError
 * when a name matches nothing.
 */
export function select(
  steps: readonly Step[],
  words: readonly string[],
): { step: Step; parts: readonly Part[] }[] {
  if (words.length === 0) return steps.map((step) => ({ step, parts: step.parts }));
  const unmatched = words.find(
    (word) =>
      !steps.some((step) => matches(step, [word]) || matchingParts(step, [word]).length > 0),
  );
  if (unmatched !== undefined) {
    const names = steps.flatMap((step) => [step.name, ...step.parts.map(({ name }) => name)]);
    throw new RangeError(`nothing matches '${unmatched}'; there are: ${names.join(', ')}`);
  }
  return steps
    .map((step) => ({
      step,
      parts: matches(step, words) ? step.parts : matchingParts(step, words),
    }))
    .filter(({ step, parts }) => parts.length > 0 || matches(step, words));
}

function matches(step: Step, words: readonly string[]): boolean {
  return words.some((word) => step.name.includes(word));
}

function matchingParts(step: Step, words: readonly string[]): Part[] {
  return step.parts.filter(({ name }) => words.some((word) => name.includes(word)));
}

function isTools({ directory }: Project): boolean {
  return directory === 'tools';
}

function check(name: string, timeoutS: number, ...argv: Job['argv']): Step {
  return {
    name,
    counting: 'check',
    parts: [],
    jobs: () => [{ name, argv, directory: '.', timeoutS }],
  };
}

/**
 * TypeScript 7, four times as fast as 6. ESLint and the check of sizes need the interface of 6,
 * which 7 does not have.
 */
const nativeCompiler = 'node_modules/typescript-native/bin/tsc';

/**
 * One program for everything that runs on Node, so that each source is read once and not again for
 * every project that imports it; one for the page's tests; and one without Node's types for each
 * project that may not know Node, in which a `node:` import is an error.
 */
function typecheck(projects: readonly Project[]): Step {
  const name = 'typecheck';
  const pure = projects.filter(({ isPure }) => isPure).map(({ directory }) => directory);
  const jobs = ['.', 'apps/dashboard/web/tsconfig.test.json', ...pure].map((program): Job => {
    return {
      name: `${name} of ${program}`,
      argv: ['node', nativeCompiler, '-p', program],
      directory: '.',
      timeoutS: 900,
    };
  });
  return { name, counting: 'check', parts: [], jobs: () => jobs };
}

/**
 * The projects with the most test files first: what takes long should not be what is left at the
 * end.
 */
function projectTests(name: string, timeoutS: number, projects: readonly Project[]): Step {
  const jobsOf = ({ name: project, directory, testScripts }: Project): Job[] =>
    testScripts.map(({ name: script, line }) => {
      return {
        name: script === 'test' ? project : `${project} ${script}`,
        argv: ['sh', '-c', line],
        directory,
        timeoutS,
      };
    });
  const largestFirst = projects.toSorted((one, other) => other.testFiles - one.testFiles);
  return {
    name,
    counting: 'node-test',
    parts: projects,
    jobs: (parts) =>
      largestFirst
        .filter((project) => parts.some((part) => part.name === project.name))
        .flatMap(jobsOf),
  };
}

/** A run for each file: each has a whole service of its own. */
function fileTests(name: string, files: readonly string[]): Step {
  return {
    name,
    counting: 'node-test',
    parts: files.map((file) => ({ name: file, directory: '.' })),
    jobs: (parts) =>
      parts.map((part) => ({
        name: part.name,
        argv: ['node', '--test', `--test-timeout=${testMsMax}`, part.name],
        directory: '.',
        timeoutS: 900,
      })),
  };
}

function pythonTests(): Step {
  const directory = 'apps/forker/zygote';
  const argv = [
    '/usr/bin/python3',
    '-m',
    'unittest',
    'discover',
    '-s',
    directory,
    '-t',
    directory,
  ] as const;
  const name = 'python tests';
  return {
    name,
    counting: 'unittest',
    parts: [],
    jobs: () => [{ name, argv, directory: '.', timeoutS: 900 }],
  };
}

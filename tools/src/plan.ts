import type { Project } from './projects.ts';

/** How a step's result is counted: `check` as one, the others by the tests their runner counted. */
export type Counting = 'check' | 'node-test' | 'unittest';

/** One step of `./hatchery test`. */
export interface Step {
  readonly name: string;
  readonly counting: Counting;
  readonly timeoutS: number;
  /** What can be chosen of it by name, as projects or test files. Each must run at least one test. */
  readonly parts: readonly Part[];
  readonly argv: (parts: readonly Part[]) => readonly [program: string, ...rest: string[]];
}

/** A project or a test file. */
export interface Part {
  readonly name: string;
  /** Where its tests run, relative to the root; null when its step's tests run at the root. */
  readonly directory: string | null;
}

const nx = ['nx', 'run-many', '--outputStyle=static', '--parallel=2'] as const;

/** Tests of the page in a real browser on the whole service, apart from the rest of `acceptance/`, so that each can be run alone. */
const storiesDirectory = 'acceptance/stories/';

/** Every step, in the order of what fails soonest. `acceptanceFiles` are relative to the root. */
export function listSteps(projects: readonly Project[], acceptanceFiles: readonly string[]): Step[] {
  const check = (name: string, timeoutS: number, ...argv: [string, ...string[]]): Step => {
    return { name, counting: 'check', timeoutS, parts: [], argv: () => argv };
  };
  const tested = projects.filter(({ hasTests, directory }) => hasTests && directory !== 'acceptance');
  const [tidy, units] = [tested.filter(isTools), tested.filter((project) => !isTools(project))];
  const isStory = (file: string): boolean => file.startsWith(storiesDirectory);
  return [
    check('format', 120, 'prettier', '--check', '--log-level=warn', '.'),
    check('typecheck', 300, ...nx, '--target=typecheck'),
    check('lint', 600, ...nx, '--target=lint'),
    check('unused code', 120, 'knip', '--no-progress'),
    check('python types', 120, '/usr/bin/mypy', '--strict', '--allow-untyped-calls', 'apps/forker/zygote'),
    projectTests('tidy', 120, tidy),
    pythonTests(),
    projectTests('unit tests', 900, units),
    fileTests(
      'acceptance',
      1800,
      acceptanceFiles.filter((file) => !isStory(file)),
    ),
    fileTests('stories', 1800, acceptanceFiles.filter(isStory)),
  ];
}

/** What the names on the command line ask for: whole steps, or parts of them. Throws a RangeError when a name matches nothing. */
export function select(steps: readonly Step[], words: readonly string[]): { step: Step; parts: readonly Part[] }[] {
  if (words.length === 0) return steps.map((step) => ({ step, parts: step.parts }));
  const unmatched = words.find(
    (word) => !steps.some((step) => matches(step, [word]) || matchingParts(step, [word]).length > 0),
  );
  if (unmatched !== undefined) {
    const names = steps.flatMap((step) => [step.name, ...step.parts.map(({ name }) => name)]);
    throw new RangeError(`nothing matches '${unmatched}'; there are: ${names.join(', ')}`);
  }
  return steps
    .map((step) => ({ step, parts: matches(step, words) ? step.parts : matchingParts(step, words) }))
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

function projectTests(name: string, timeoutS: number, projects: readonly Project[]): Step {
  return {
    name,
    counting: 'node-test',
    timeoutS,
    parts: projects,
    argv: (parts) => [...nx, '--target=test', `--projects=${parts.map((part) => part.name).join(',')}`],
  };
}

/** One file after the other: each has a whole service of its own. */
function fileTests(name: string, timeoutS: number, files: readonly string[]): Step {
  return {
    name,
    counting: 'node-test',
    timeoutS,
    parts: files.map((file) => ({ name: file, directory: null })),
    argv: (parts) => ['node', '--test', '--test-concurrency=1', ...parts.map((part) => part.name)],
  };
}

function pythonTests(): Step {
  const directory = 'apps/forker/zygote';
  const argv = ['/usr/bin/python3', '-m', 'unittest', 'discover', '-s', directory, '-t', directory] as const;
  return { name: 'python tests', counting: 'unittest', timeoutS: 300, parts: [], argv: () => argv };
}

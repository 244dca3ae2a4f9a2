import type { Target } from './nx/target.ts';

/** The steps in the order in which they are printed: the fastest to fail first. */
const order = [
  'format',
  'python format',
  'typecheck',
  'lint',
  'unused code',
  'python types',
  'tidy',
  'build',
  'python tests',
  'unit tests',
  'service tests',
  'page tests',
  'acceptance',
  'stories',
];

/** The names of the steps of these targets, in their order. */
export function stepsOf(targets: readonly Target[]): string[] {
  const names = new Set(targets.map(({ step }) => step));
  return [...names].toSorted((one, other) => order.indexOf(one) - order.indexOf(other));
}

/**
 * The targets that the command line names: those whose step, project or file contains one of the
 * names; all when there are none. Throws a RangeError when a name matches nothing.
 */
export function select(targets: readonly Target[], words: readonly string[]): Target[] {
  if (words.length === 0) return [...targets];
  const unmatched = words.find((word) => !targets.some((target) => matches(target, word)));
  if (unmatched !== undefined) {
    const names = [
      ...stepsOf(targets),
      ...new Set(targets.flatMap(({ parts }) => parts.slice(0, 1))),
    ];
    throw new RangeError(
      `nothing matches '${unmatched}'; there are: ${names.join(', ')}, and paths of test files`,
    );
  }
  return targets.filter((target) => words.some((word) => matches(target, word)));
}

function matches({ step, parts }: Target, word: string): boolean {
  return [step, ...parts].some((name) => name.includes(word));
}

/** One `nx run-many`: every target of these names that one of these projects has. */
export interface NxRun {
  readonly projects: readonly string[];
  readonly targets: readonly string[];
}

/**
 * The runs of Nx that run `chosen` of `all` and nothing else. Runs are sequential, so there should
 * be few: a name joins a run unless a project would then run a target that was not chosen. Choosing
 * everything is one run.
 */
export function nxRuns(all: readonly Target[], chosen: readonly Target[]): NxRun[] {
  const runs: NxRun[] = [];
  for (const name of distinct(chosen, 'target')) {
    const projects = distinct(
      chosen.filter(({ target }) => target === name),
      'project',
    );
    const joined = runs.map((run) => ({
      projects: [...new Set([...run.projects, ...projects])],
      targets: [...run.targets, name],
    }));
    const place = joined.findIndex((run) =>
      ranBy(run, all).every((target) => chosen.includes(target)),
    );
    if (place === -1) runs.push({ projects, targets: [name] });
    else runs.splice(place, 1, ...joined.slice(place, place + 1));
  }
  return runs;
}

function ranBy(run: NxRun, all: readonly Target[]): Target[] {
  return all.filter(
    ({ project, target }) => run.projects.includes(project) && run.targets.includes(target),
  );
}

function distinct(targets: readonly Target[], key: 'project' | 'target'): string[] {
  return [...new Set(targets.map((target) => target[key]))];
}

import type { TargetConfiguration } from '@nx/devkit';

/**
 * How the result of a target is counted: `check` as one, the others by the tests that their runner
 * counted.
 */
export type Counting = 'check' | 'node-test' | 'unittest';

/** What both `./hatchery test` and Nx know about a target. */
export interface Target {
  /** The name of its Nx project. */
  readonly project: string;
  /** The name of the target in its project, as `test` or `acceptance--restart.test.ts`. */
  readonly target: string;
  /** The step of `./hatchery test` that it belongs to. */
  readonly step: string;
  /**
   * Names by which a person can select it: its project, its test file. Empty for a target that only
   * its step selects.
   */
  readonly parts: readonly string[];
  readonly counting: Counting;
  readonly argv: readonly [program: string, ...rest: string[]];
  /** Where it runs, relative to the root. */
  readonly directory: string;
  /**
   * In seconds. A command that takes longer hangs: the limit is generous, because CI may be slow.
   */
  readonly timeoutS: number;
  /** Named inputs and file sets, besides the versions of what it runs on. */
  readonly inputs: readonly string[];
  /** Files that it makes, besides its counts. */
  readonly outputs?: readonly string[];
  /** Targets that must have run before. */
  readonly dependsOn?: TargetConfiguration['dependsOn'];
}

/**
 * The file where a target stores its counts, relative to the root. It is an output, so that a
 * cached run has its counts too.
 */
export function countsPath({ project, target }: Pick<Target, 'project' | 'target'>): string {
  return `.nx/counts/${project}/${target}.json`;
}

/** The target in Nx's form. */
export function configure(target: Target): TargetConfiguration {
  return {
    executor: 'nx:run-commands',
    cache: true,
    inputs: [...target.inputs, 'environment'],
    outputs: [`{workspaceRoot}/${countsPath(target)}`, ...(target.outputs ?? [])],
    dependsOn: target.dependsOn ?? [],
    options: { command: commandLine(target), cwd: '.', forwardAllArgs: false },
    metadata: { description: [target.step, ...target.parts].join(', ') },
  };
}

/** A target that only stands for others of its project. */
export function configureGroup(targets: readonly Target[]): TargetConfiguration {
  return { executor: 'nx:noop', dependsOn: targets.map(({ target }) => target) };
}

function commandLine(target: Target): string {
  const { project, counting, directory, timeoutS, argv } = target;
  const words = [project, target.target, counting, directory, String(timeoutS), ...argv];
  return ['node tools/src/counted/main.ts', ...words.map(quoted)].join(' ');
}

/** A word quoted for a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

import { join } from 'node:path';
import { compile } from './checks.ts';
import { isPure, type Project } from './projects.ts';
import type { Target } from './target.ts';

/**
 * In milliseconds; a test that takes longer hangs. It fails with its name, long before its whole
 * target would.
 */
const testMsMax = 300_000;

/** Tests in a folder of a project. */
interface Suite {
  readonly folder: string;
  /** The one project that has it; absent for a folder that any project may have. */
  readonly project?: string;
  readonly target: string;
  readonly step: string;
  /**
   * One target per file: slow files run in parallel, and a change of one file reruns only that
   * file.
   */
  readonly byFile: boolean;
  readonly inputs: readonly string[];
  readonly dependsOn?: Target['dependsOn'];
}

/** Tests that start whole services, which every app is a part of. */
const services = ['support', 'services', 'elsewhere'];

const page: Target['dependsOn'] = [{ projects: '@hatchery/dashboard-web', target: 'build' }];

/**
 * The folder of a test says what it needs, and so which target it belongs to. The first match
 * counts.
 */
const suites: readonly Suite[] = [
  {
    folder: 'src',
    project: '@hatchery/acceptance',
    target: 'acceptance',
    step: 'acceptance',
    byFile: true,
    inputs: services,
    dependsOn: page,
  },
  {
    folder: 'stories',
    target: 'stories',
    step: 'stories',
    byFile: true,
    inputs: services,
    dependsOn: page,
  },
  {
    folder: 'service-tests',
    target: 'service-test',
    step: 'service tests',
    byFile: true,
    inputs: services,
    dependsOn: page,
  },
  {
    folder: 'page-tests',
    target: 'page-test',
    step: 'page tests',
    byFile: true,
    inputs: services,
    dependsOn: page,
  },
  {
    folder: 'tree-tests',
    target: 'tidy',
    step: 'tidy',
    byFile: false,
    inputs: ['{workspaceRoot}/**/*'],
  },
  {
    folder: 'src',
    target: 'test',
    step: 'unit tests',
    byFile: false,
    inputs: ['default', '^default', 'elsewhere'],
  },
];

/** The targets of a project; each group target comes with those that it stands for. */
export function targetsOf(project: Project): {
  readonly targets: Target[];
  readonly groups: Map<string, Target[]>;
} {
  const targets: Target[] = [];
  const groups = new Map<string, Target[]>();
  for (const suite of suites) {
    const files = project.files.filter((file) => suiteOf(project, file) === suite);
    if (files.length === 0) continue;
    const made = suite.byFile
      ? files.map((file) => fileTarget(project, suite, file))
      : [folderTarget(project, suite)];
    targets.push(...made);
    if (suite.byFile) groups.set(suite.target, made);
  }
  return {
    targets: [...targets, ...pythonTests(project), ...pageBuild(project), ...typechecks(project)],
    groups,
  };
}

function suiteOf({ name }: Project, file: string): Suite | undefined {
  if (!file.endsWith('.test.ts')) return undefined;
  return suites.find(
    ({ folder, project = name }) => file.startsWith(`${folder}/`) && project === name,
  );
}

function fileTarget(project: Project, suite: Suite, file: string): Target {
  const target = `${suite.target}--${file.slice(suite.folder.length + 1)}`;
  const test = nodeTest(project, suite, file);
  const own = project.namedInputs.filter((name) => name === file);
  const inputs = [...test.inputs, `{projectRoot}/${file}`, ...own];
  return { ...test, target, parts: [project.name, `${project.directory}/${file}`], inputs };
}

function folderTarget(project: Project, suite: Suite): Target {
  return nodeTest(project, suite, `${suite.folder}/**/*.test.ts`);
}

function nodeTest(
  { name, directory }: Project,
  { target, step, inputs, dependsOn }: Suite,
  glob: string,
): Target {
  return {
    project: name,
    target,
    step,
    parts: [name, directory],
    counting: 'node-test',
    argv: ['node', '--test', `--test-timeout=${testMsMax}`, glob],
    directory,
    timeoutS: 1800,
    inputs,
    ...(dependsOn === undefined ? {} : { dependsOn }),
  };
}

function pythonTests({ name, directory, files }: Project): Target[] {
  const folders = [
    ...new Set(files.flatMap((file) => /^(.*)\/test_[^/]*\.py$/.exec(file)?.[1] ?? [])),
  ];
  return folders.map((folder) => {
    const path = `${directory}/${folder}`;
    return {
      project: name,
      target: 'python-test',
      step: 'python tests',
      parts: [path],
      counting: 'unittest',
      argv: ['/usr/bin/python3', '-m', 'unittest', 'discover', '-s', path, '-t', path],
      directory: '.',
      timeoutS: 1800,
      inputs: ['default', '^default', 'elsewhere'],
    };
  });
}

function pageBuild({ name, directory, files }: Project): Target[] {
  if (!files.includes('vite.config.ts')) return [];
  return [
    {
      project: name,
      target: 'build',
      step: 'build',
      parts: [],
      counting: 'check',
      argv: ['vite', 'build'],
      directory,
      timeoutS: 900,
      inputs: ['support', '^support'],
      outputs: ['{projectRoot}/dist'],
    },
  ];
}

function typechecks(project: Project): Target[] {
  if (!isPure(project)) return [];
  const { name, directory, files } = project;
  // The tests of the page have settings of their own; other tests belong to the program of
  // everything that runs on Node.
  const programs = files.includes('vite.config.ts') ? ['.', 'tsconfig.test.json'] : ['.'];
  return [compile(name, ...programs.map((program) => join(directory, program)))];
}

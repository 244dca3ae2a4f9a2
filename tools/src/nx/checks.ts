import type { Target } from './target.ts';

/** The project of the repository itself. */
export const rootProject = 'hatchery';

/**
 * TypeScript 7, four times as fast as 6. ESLint and the check of sizes need the API of 6, which 7
 * does not have.
 */
const nativeCompiler = 'node_modules/typescript-native/bin/tsc';

const typescriptFiles = [
  '{workspaceRoot}/**/*.ts',
  '{workspaceRoot}/**/*.tsx',
  '{workspaceRoot}/**/*.json',
];

const pythonFiles = ['{workspaceRoot}/**/*.py', '{workspaceRoot}/pyproject.toml'];

/**
 * The checks of the whole tree. Each reads every project in one process, because checking one
 * project needs the types of others: separate checks would read most sources many times.
 */
export function treeChecks(): Target[] {
  return [
    check('format', ['{workspaceRoot}/**/*'], 'prettier', '--check', '--log-level=warn', '.'),
    check('python format', pythonFiles, '/usr/bin/black', '--check', '.'),
    compile(rootProject, '.'),
    // Nx has made the project graph that the rule about layers reads.
    check('lint', [...typescriptFiles, '{workspaceRoot}/eslint.config.js'], 'eslint', '.'),
    check('unused code', ['{workspaceRoot}/**/*'], 'knip', '--no-progress'),
    check(
      'python types',
      pythonFiles,
      '/usr/bin/mypy',
      '--strict',
      '--allow-untyped-calls',
      'apps/forker/zygote',
      'apps/cli/lock',
    ),
  ];
}

/**
 * One program contains everything that runs on Node, so that each source is read once. A project
 * that must not use Node is also compiled by itself, without Node's types, so that a `node:` import
 * in it is an error.
 */
export function compile(project: string, ...programs: readonly string[]): Target {
  return {
    project,
    target: 'typecheck',
    step: 'typecheck',
    parts: [],
    counting: 'check',
    argv: [
      'sh',
      '-c',
      programs.map((program) => `node ${nativeCompiler} -p ${program}`).join(' && '),
    ],
    directory: '.',
    timeoutS: 900,
    inputs: project === rootProject ? typescriptFiles : ['default', '^default'],
  };
}

function check(step: string, inputs: readonly string[], ...argv: Target['argv']): Target {
  const target = step.replaceAll(' ', '-');
  return {
    project: rootProject,
    target,
    step,
    parts: [],
    counting: 'check',
    argv,
    directory: '.',
    timeoutS: 900,
    inputs,
  };
}

import type { CreateNodes, CreateNodesResultArray, ProjectConfiguration } from '@nx/devkit';
import { rootProject, treeChecks } from './checks.ts';
import { projectFiles, readProjects, type Project } from './projects.ts';
import { targetsOf } from './suites.ts';
import { configure, configureGroup, type Target } from './target.ts';

type Targets = NonNullable<ProjectConfiguration['targets']>;

/**
 * Declares to Nx the targets of every project, which follow from its files: no project lists its
 * own.
 */
export const createNodes: CreateNodes = [
  projectFiles,
  (
    files: readonly string[],
    _options: unknown,
    { workspaceRoot }: { workspaceRoot: string },
  ): CreateNodesResultArray => [
    ['package.json', { projects: { '.': { name: rootProject, targets: byName(treeChecks()) } } }],
    ...readProjects(workspaceRoot, files).map(
      (project) =>
        [
          `${project.directory}/package.json`,
          { projects: { [project.directory]: { targets: allOf(project) } } },
        ] as const,
    ),
  ],
];

function allOf(project: Project): Targets {
  const { targets, groups } = targetsOf(project);
  const grouped = [...groups].map(([name, members]) => [name, configureGroup(members)] as const);
  return { ...byName(targets), ...Object.fromEntries(grouped) };
}

function byName(targets: readonly Target[]): Targets {
  return Object.fromEntries(targets.map((target) => [target.target, configure(target)]));
}

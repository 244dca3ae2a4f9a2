import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { treeChecks } from './checks.ts';
import { projectFiles, readProjects, type Project } from './projects.ts';
import { targetsOf } from './suites.ts';
import type { Target } from './target.ts';

/** Every project of the repository. */
export function listProjects(root: string): Project[] {
  const exclude = (path: string): boolean => basename(path) === 'node_modules';
  return readProjects(root, globSync(projectFiles, { cwd: root, exclude }));
}

/** Every target that `./hatchery test` runs, as the plugin declares it to Nx. */
export function listTargets(root: string): Target[] {
  return [...treeChecks(), ...listProjects(root).flatMap((project) => targetsOf(project).targets)];
}

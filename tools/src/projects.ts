import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A workspace of the monorepo. */
export interface Project {
  /** As `@hatchery/protocol`. */
  readonly name: string;
  /** Relative to the root. */
  readonly directory: string;
  /** A line of shell; null when it says that it has no tests. */
  readonly testScript: string | null;
  /** How many test files it has. */
  readonly testFiles: number;
}

/** Every project, found by its package.json, sorted by directory. */
export function readProjects(root: string): Project[] {
  const exclude = (path: string): boolean => basename(path) === 'node_modules';
  return globSync('{apps,libs,acceptance,bench,tools}/**/package.json', { cwd: root, exclude })
    .toSorted()
    .map((path) => {
      const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as {
        name: string;
        scripts?: { test?: string };
      };
      const directory = dirname(path);
      const testFiles = globSync('**/*.test.ts', { cwd: join(root, directory), exclude }).length;
      return { name: manifest.name, directory, testScript: manifest.scripts?.test ?? null, testFiles };
    });
}

import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A workspace of the monorepo. */
export interface Project {
  /** As `@hatchery/protocol`. */
  readonly name: string;
  /** Relative to the root. */
  readonly directory: string;
  readonly hasTests: boolean;
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
      return { name: manifest.name, directory: dirname(path), hasTests: manifest.scripts?.test !== undefined };
    });
}

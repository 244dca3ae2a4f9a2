import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A workspace of the monorepo. */
export interface Project {
  /** As `@hatchery/protocol`. */
  readonly name: string;
  /** Relative to the root. */
  readonly directory: string;
  /**
   * Its scripts `test` and `…-test`, as service-test: what takes long has a script of its own, and
   * runs beside the rest. None says that it has no tests.
   */
  readonly testScripts: readonly TestScript[];
  /** Its sources know no Node: tagged `platform:pure` or `platform:web`. */
  readonly isPure: boolean;
  /** How many test files it has. */
  readonly testFiles: number;
}

/** A script of a package.json. */
export interface TestScript {
  readonly name: string;
  /** Of shell. */
  readonly line: string;
}

/** Every project, found by its package.json, sorted by directory. */
export function readProjects(root: string): Project[] {
  const exclude = (path: string): boolean => basename(path) === 'node_modules';
  return globSync('{apps,libs,acceptance,bench,tools}/**/package.json', { cwd: root, exclude })
    .toSorted()
    .map((path) => {
      const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as {
        name: string;
        scripts?: Record<string, string>;
        nx?: { tags?: readonly string[] };
      };
      const directory = dirname(path);
      const testFiles = globSync('**/*.test.ts', { cwd: join(root, directory), exclude }).length;
      const isPure =
        manifest.nx?.tags?.some((tag) => tag === 'platform:pure' || tag === 'platform:web') ??
        false;
      return {
        name: manifest.name,
        directory,
        testScripts: testScriptsOf(manifest.scripts ?? {}),
        isPure,
        testFiles,
      };
    });
}

function testScriptsOf(scripts: Readonly<Record<string, string>>): TestScript[] {
  return Object.entries(scripts)
    .filter(([name]) => /^(.+-)?test$/.test(name))
    .map(([name, line]) => ({ name, line }));
}

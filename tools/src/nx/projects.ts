import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What Nx and `./hatchery test` find the targets by, relative to the root. */
export const projectFiles =
  '{apps,libs,acceptance,bench,tools}/**/{package.json,*.test.ts,test_*.py,vite.config.ts}';

/** A workspace of the monorepo. */
export interface Project {
  /** As `@hatchery/protocol`. */
  readonly name: string;
  /** Relative to the root. */
  readonly directory: string;
  /** As `platform:pure`. */
  readonly tags: readonly string[];
  /**
   * The named inputs of its own, as `elsewhere`. One that is named after a test file is that
   * file's.
   */
  readonly namedInputs: readonly string[];
  /** Its files that say which targets it has, relative to itself and sorted. */
  readonly files: readonly string[];
}

/** The projects of these files, which are relative to the root, sorted by directory. */
export function readProjects(root: string, files: readonly string[]): Project[] {
  const manifests = files.filter((file) => file.endsWith('package.json')).toSorted();
  return manifests.map((manifest) => {
    const directory = dirname(manifest);
    const { name, nx } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as Manifest;
    const own = files
      .filter((file) => file.startsWith(`${directory}/`))
      .map((file) => file.slice(directory.length + 1));
    const namedInputs = Object.keys(nx?.namedInputs ?? {});
    return { name, directory, tags: nx?.tags ?? [], namedInputs, files: own.toSorted() };
  });
}

/** Whether the sources of a project may not know Node. */
export function isPure({ tags }: Project): boolean {
  return tags.some((tag) => tag === 'platform:pure' || tag === 'platform:web');
}

interface Manifest {
  readonly name: string;
  readonly nx?: {
    readonly tags?: readonly string[];
    readonly namedInputs?: Readonly<Record<string, unknown>>;
  };
}

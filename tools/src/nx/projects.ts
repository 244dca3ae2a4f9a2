import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files by which Nx and `./hatchery test` find the targets, relative to the root. */
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
   * Its own named inputs, such as `elsewhere`. One that is named after a test file applies to that
   * file.
   */
  readonly namedInputs: readonly string[];
  /** The files that determine its targets, relative to itself and sorted. */
  readonly files: readonly string[];
}

/** The projects of these files (paths relative to the root), sorted by directory. */
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

/** Whether the sources of a project must not use Node. */
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

import { posix } from 'node:path';
import ts from 'typescript';
import { isTypeScript, type Problem, type Rule, type SourceFile } from './source-files.ts';

/** Files by path, each with the files that it imports. */
type Imports = ReadonlyMap<string, readonly string[]>;

/**
 * No file imports itself, directly or through others, not even for a type: files that need each
 * other are one file, or lack a third that both need. The compiler finds the imports
 * (`preProcessFile`); docs/decisions/0001-dependencies.md lists the alternatives considered.
 */
export const importCycles: Rule = (files) =>
  cyclesOf(importsOf(files)).map(
    (cycle): Problem => `${cycle[0]}:1: imports itself: ${cycle.join(' → ')}`,
  );

function importsOf(files: readonly SourceFile[]): Imports {
  const sources = new Map(files.filter(isTypeScript).map(({ path, text }) => [path, text]));
  const entries = entriesOf(files);
  return new Map(
    [...sources].map(([path, text]) => {
      const specifiers = ts
        .preProcessFile(text, true, true)
        .importedFiles.map(({ fileName }) => fileName);
      const targets = specifiers.map((one) =>
        one.startsWith('.') ? posix.join(posix.dirname(path), one) : entries.get(one),
      );
      return [
        path,
        targets.filter((target) => target !== undefined && sources.has(target)),
      ] as const;
    }),
  ) as Imports;
}

/**
 * The file behind each name by which our packages import each other, such as
 * `@hatchery/events/fixtures`.
 */
function entriesOf(files: readonly SourceFile[]): ReadonlyMap<string, string> {
  const entries = files
    .filter(({ path }) => path.endsWith('/package.json'))
    .flatMap(({ path, text }) => {
      const { name, exports } = JSON.parse(text) as {
        name?: string;
        exports?: string | Record<string, string>;
      };
      const byName = typeof exports === 'string' ? { '.': exports } : (exports ?? {});
      return Object.entries(byName).map(
        ([entry, file]) =>
          [posix.join(name ?? '', entry), posix.join(posix.dirname(path), file)] as const,
      );
    });
  return new Map(entries);
}

/**
 * One cycle for each import that closes one, found depth first; it begins and ends with the same
 * file.
 */
function cyclesOf(imports: Imports): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string): void => {
    const at = way.indexOf(path);
    if (at !== -1) cycles.push([...way.slice(at), path]);
    if (at !== -1 || done.has(path)) return;
    way.push(path);
    for (const next of imports.get(path) ?? []) visit(next);
    way.pop();
    done.add(path);
  };
  for (const path of imports.keys()) visit(path);
  return cycles;
}

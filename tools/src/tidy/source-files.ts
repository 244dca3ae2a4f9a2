import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A text file of the tree; `path` is relative to the root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One violation of a rule, as `path:line: what`. */
export type Problem = string;

/** A rule of CONTRIBUTING.md that code can check. */
export type Rule = (files: readonly SourceFile[]) => Problem[];

/** What .gitignore lists, and .git itself: we write none of it. */
const skipped = new Set([
  '.git',
  '.hatchery',
  '.mypy_cache',
  '.nx',
  '__pycache__',
  'dist',
  'node_modules',
  'test-results',
]);

const binary = new Set([
  '.bundle',
  '.gif',
  '.gz',
  '.ico',
  '.jpg',
  '.png',
  '.svgz',
  '.webp',
  '.woff2',
]);

/** Every text file below `root`. The lockfile is among them. */
export function readSourceFiles(root: string): SourceFile[] {
  return readdirSync(root, { withFileTypes: true, recursive: false })
    .filter(({ name }) => !skipped.has(name))
    .flatMap((entry) => readEntry(root, entry.name, entry.isDirectory()));
}

function readEntry(root: string, path: string, isDirectory: boolean): SourceFile[] {
  if (!isDirectory)
    return binary.has(extname(path))
      ? []
      : [{ path, text: readFileSync(join(root, path), 'utf8') }];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name) && (entry.isFile() || entry.isDirectory()))
    .flatMap((entry) => readEntry(root, `${path}/${entry.name}`, entry.isDirectory()));
}

/** Whether a file is TypeScript of ours. */
export function isTypeScript({ path }: SourceFile): boolean {
  return /\.tsx?$/.test(path);
}

/** Whether a file is a test or only serves tests and measurements. */
export function isForTests({ path }: SourceFile): boolean {
  return (
    /\.test\.tsx?$|\.test-support\.ts$|(^|\/)test_[^/]*\.py$/.test(path) ||
    /^(acceptance|bench|tools|libs\/testkit)\/|\/(test-support|testing|fixtures)\//.test(path)
  );
}

/**
 * Calls `visit` with the number (from 1) of each matching line, and collects the problems it
 * returns.
 */
export function eachMatch(
  file: SourceFile,
  pattern: RegExp,
  visit: (match: RegExpExecArray) => string | null,
): Problem[] {
  return file.text.split('\n').flatMap((line, index) => {
    const match = pattern.exec(line);
    const what = match === null ? null : visit(match);
    return what === null ? [] : [`${file.path}:${index + 1}: ${what}`];
  });
}

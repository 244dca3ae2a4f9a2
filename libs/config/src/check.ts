import { keys, type KeyPath } from './keys.ts';
import { Refusal } from './kinds.ts';
import { nearest } from './nearest.ts';
import type { ConfigProblem } from './problem.ts';
import type { TomlEntry, TomlValue } from './toml.ts';

/**
 * The result of checking a file's entries: the valid values, the line of each key, and the
 * problems.
 */
export interface Checked {
  readonly values: ReadonlyMap<KeyPath, unknown>;
  readonly lines: ReadonlyMap<KeyPath, number>;
  readonly problems: readonly ConfigProblem[];
}

const keyPaths = Object.keys(keys);
const tables = [
  ...new Set(
    keyPaths.filter((path) => path.includes('.')).map((path) => path.slice(0, path.indexOf('.'))),
  ),
];

/**
 * Checks every entry against the table of keys. Relative paths are resolved against
 * `fileDirectory`.
 */
export function checkEntries(entries: readonly TomlEntry[], fileDirectory: string): Checked {
  const values = new Map<KeyPath, unknown>();
  const lines = new Map<KeyPath, number>();
  const problems: ConfigProblem[] = [];
  const unknownTables = new Set<string>();
  for (const { path, line, value } of entries) {
    const add = (message: string, at = line): number =>
      problems.push({ line: at, key: path, message });
    if (value === null) {
      const problem = tableProblem(path);
      if (problem !== null) unknownTables.add(path);
      if (problem !== null) add(problem);
    } else if (isKeyPath(path)) {
      const taken = take(path, value, fileDirectory);
      if (taken instanceof Refusal) add(taken.message, taken.line ?? line);
      else values.set(path, taken.value);
      lines.set(path, line);
    } else if (!isBelow(path, unknownTables)) {
      add(
        tables.includes(path) ? `must be a table: write [${path}]` : unknown('key', path, keyPaths),
      );
    }
  }
  return { values, lines, problems };
}

function take(
  path: KeyPath,
  value: TomlValue,
  fileDirectory: string,
): { value: unknown } | Refusal {
  try {
    return { value: keys[path].kind(value, { fileDirectory }) };
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function tableProblem(path: string): string | null {
  if (tables.includes(path)) return null;
  return isKeyPath(path) ? 'is a key, not a table' : unknown('table', path, tables);
}

/** One problem for an unknown table is enough; its keys cannot be compared with anything. */
function isBelow(path: string, unknownTables: ReadonlySet<string>): boolean {
  return [...unknownTables].some((table) => path.startsWith(`${table}.`));
}

function unknown(what: 'key' | 'table', path: string, candidates: readonly string[]): string {
  const meant = nearest(path, candidates);
  return meant === null ? `unknown ${what}` : `unknown ${what}; did you mean ${meant}?`;
}

function isKeyPath(path: string): path is KeyPath {
  return Object.hasOwn(keys, path);
}

import { ParseError, parseTOML, type AST } from 'toml-eslint-parser';
import type { ConfigProblem } from './problem.ts';
import { repairText, syntaxProblem, withoutRepairMark } from './toml-repair.ts';

/**
 * A value as TOML has it. `text` of a number is how it was written, because `0o660` and `432`
 * differ for a reader.
 */
export type TomlValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'integer' | 'float'; readonly value: number; readonly text: string }
  | {
      readonly kind: 'array';
      readonly elements: readonly { readonly line: number; readonly value: TomlValue }[];
    }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'date' | 'table' };

/** One key with its value, or one table, by its full dotted path. `line` is 1-based. */
export interface TomlEntry {
  readonly path: string;
  readonly line: number;
  /** Null for a table. */
  readonly value: TomlValue | null;
}

/** Everything that could be read, and everything that is not valid TOML. */
export interface TomlReading {
  readonly entries: readonly TomlEntry[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * A file with more syntax errors than this is not a configuration; each one costs another parse.
 */
const syntaxProblemsMax = 100;

/**
 * Reads TOML 1.0 and continues after an error, so that it reports all problems of a file at once.
 * Never throws for an invalid text.
 */
export function readToml(text: string): TomlReading {
  const problems: ConfigProblem[] = [];
  let remaining = text;
  while (problems.length < syntaxProblemsMax) {
    try {
      const flat = flatten(parseTOML(remaining, { tomlVersion: '1.0' }));
      return { entries: flat.entries, problems: [...problems, ...flat.problems] };
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const problem = syntaxProblem(remaining, error);
      if (problem !== null) problems.push(problem);
      const repaired = repairText(remaining, error);
      // After a first error that cannot be repaired the rest would be guesses, so only the first is
      // certain.
      if (repaired === null) return { entries: [], problems: problems.slice(0, 1) };
      remaining = repaired;
    }
  }
  return { entries: [], problems };
}

function flatten(program: AST.TOMLProgram): { entries: TomlEntry[]; problems: ConfigProblem[] } {
  const entries: TomlEntry[] = [];
  const problems: ConfigProblem[] = [];
  const firstLines = new Map<string, number>();
  const add = (entry: TomlEntry, marked: boolean): void => {
    const first = firstLines.get(entry.path);
    if (first !== undefined || marked) {
      const where = first === undefined ? '' : ` on line ${first}`;
      problems.push({
        line: entry.line,
        key: entry.path,
        message: `is already there${where}; keep one of the two`,
      });
    } else {
      firstLines.set(entry.path, entry.line);
    }
    entries.push(entry);
  };
  const visit = (
    prefix: readonly string[],
    nodes: readonly (AST.TOMLKeyValue | AST.TOMLTable)[],
  ): void => {
    for (const node of nodes) {
      const own = withoutRepairMark(
        node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value)),
      );
      const keys = [...prefix, ...own.keys];
      const entry = { path: keys.join('.'), line: node.loc.start.line };
      const inner =
        node.type === 'TOMLTable'
          ? node.body
          : node.value.type === 'TOMLInlineTable'
            ? node.value.body
            : null;
      add(
        {
          ...entry,
          value: node.type === 'TOMLTable' || inner !== null ? null : toValue(node.value),
        },
        own.marked,
      );
      if (node.type === 'TOMLTable' && node.kind === 'array') {
        problems.push({
          line: entry.line,
          key: entry.path,
          message: `is one table, not a list: write [${entry.path}]`,
        });
      }
      if (inner !== null) visit(keys, inner);
    }
  };
  visit([], program.body[0].body);
  return { entries, problems };
}

function toValue(node: AST.TOMLContentNode): TomlValue {
  if (node.type === 'TOMLInlineTable') return { kind: 'table' };
  if (node.type === 'TOMLArray') {
    return {
      kind: 'array',
      elements: node.elements.map((element) => ({
        line: element.loc.start.line,
        value: toValue(element),
      })),
    };
  }
  switch (node.kind) {
    case 'string':
      return { kind: 'string', value: node.value };
    case 'integer':
    case 'float':
      return { kind: node.kind, value: node.value, text: node.number };
    case 'boolean':
      return { kind: 'boolean', value: node.value };
    default:
      return { kind: 'date' };
  }
}

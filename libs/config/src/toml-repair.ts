import type { ParseError } from 'toml-eslint-parser';
import type { ConfigProblem } from './problem.ts';

/**
 * A key that nobody would write: put before a repeated key it makes the key unique, and is removed
 * again after parsing.
 */
const repairMark = '<repeated key>';

/**
 * The message of the error, or null for a repeated key, which the reader reports itself with both
 * its lines.
 */
export function syntaxProblem(text: string, error: ParseError): ConfigProblem | null {
  if (isRepeatedKey(error)) return null;
  const line = lineAtFault(text, error);
  const header = unclosedHeader(text.split('\n')[line - 1] ?? '');
  if (header !== null)
    return { line, key: null, message: `the table's header has no end: write ${header}` };
  const key = keyOnLine(text, line);
  if (line < error.lineNumber && key !== null) return { line, key, message: 'has no value' };
  const found = (text.split('\n')[line - 1] ?? '')
    .slice(line === error.lineNumber ? error.column : 0)
    .trim();
  return {
    line,
    key,
    message: `is not valid TOML${found === '' ? '' : ` at '${found}'`}: ${error.message}`,
  };
}

/**
 * The text without the error, every line still in its place; null when the rest could not be read
 * with certainty.
 */
export function repairText(text: string, error: ParseError): string | null {
  if (isRepeatedKey(error)) {
    // The offset makes the mark itself unique, since a key may be there three times.
    return `${text.slice(0, error.index)}"${repairMark}${error.index}".${text.slice(error.index)}`;
  }
  const lines = text.split('\n');
  const index = lineAtFault(text, error) - 1;
  const line = lines[index] ?? '';
  const header = unclosedHeader(line);
  if (header !== null) {
    lines[index] = header;
    return lines.join('\n');
  }
  // Without its header, a table's keys would count for the table above. A line that is already
  // empty was not the cause.
  if (line.trim() === '' || line.trimStart().startsWith('[')) return null;
  lines[index] = '';
  return lines.join('\n');
}

/** Removes {@link repairMark} from a key. */
export function withoutRepairMark(keys: readonly string[]): { keys: string[]; marked: boolean } {
  const kept = keys.filter((key) => !key.startsWith(repairMark));
  return { keys: kept, marked: kept.length < keys.length };
}

/** The parser has no error codes, only this text (its lib/index.mjs, `MESSAGES['dupe-keys']`). */
function isRepeatedKey(error: ParseError): boolean {
  return error.message === 'Defining a key multiple times is invalid';
}

/**
 * The parser points at the token that it failed on; for `key =` and `[table` without an end that
 * token is on a later line.
 */
function lineAtFault(text: string, error: ParseError): number {
  const lines = text.split('\n');
  const before = (lines[error.lineNumber - 1] ?? '').slice(0, error.column);
  if (before.trim() !== '') return error.lineNumber;
  for (let line = error.lineNumber - 1; line >= 1; line--) {
    const content = (lines[line - 1] ?? '').replace(/#.*/, '').trim();
    if (content === '') continue;
    return content.endsWith('=') || /^\[[^\]]*$/.test(content) ? line : error.lineNumber;
  }
  return error.lineNumber;
}

/** `[ssh` as it was meant, or null for any other or ambiguous line. */
function unclosedHeader(line: string): string | null {
  const [, brackets, name] =
    /^\s*(\[\[?)\s*([\w-]+(?:\s*\.\s*[\w-]+)*)\s*(?:#.*)?$/.exec(line) ?? [];
  return brackets === undefined || name === undefined
    ? null
    : `${brackets}${name}${']'.repeat(brackets.length)}`;
}

/** The dotted path of the key that a line sets, as far as the text shows it. */
function keyOnLine(text: string, line: number): string | null {
  const lines = text.split('\n').slice(0, line);
  const key = /^\s*([\w.-]+)\s*=/.exec(lines.at(-1) ?? '')?.[1];
  if (key === undefined) return null;
  const table = lines
    .map((header) => /^\s*\[+([\w.-]+)\]/.exec(header)?.[1])
    .findLast((name) => name !== undefined);
  return table === undefined ? key : `${table}.${key}`;
}

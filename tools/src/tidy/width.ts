import ts from 'typescript';
import { isTypeScript, type Rule } from './source-files.ts';

/** Columns of a line, comments included: what .prettierrc.json and pyproject.toml say, too. */
const columnsMax = 100;

/**
 * What the formatters write, and what people write by hand beside it. Recorded bytes are no text,
 * and the list of all keys, deploy/hatchery.toml, is a table.
 */
const isText = /\.(tsx?|js|py|css|html|sh|service|socket)$|(^|\/)hatchery$/;

/** An address, and a word to a tool, which must stand on the line it is about. */
const unbreakable = /https?:\/\/\S+|# type: ignore|\/\/ eslint-disable|# shellcheck/;

/** A line of code that has a literal. The formatters break all that can be broken around it. */
const literal = /^[^#]*["'`]/;

/**
 * No line of code or comment is wider than a page. Prettier wraps Markdown, but for tables, links
 * and blocks of code.
 */
export const lineWidth: Rule = (files) =>
  files
    .filter(({ path }) => isText.test(path))
    .flatMap((file) => {
      const wide = file.text.split('\n').flatMap((line, index) => {
        const columns = Array.from(line).length;
        return columns > columnsMax && !unbreakable.test(line) ? [{ line, index, columns }] : [];
      });
      if (wide.length === 0) return [];
      const literals = isTypeScript(file) ? linesOfLiterals(file.text) : linesOfStrings(file.text);
      return wide
        .filter(
          ({ line, index }) => !literals.has(index) && (isTypeScript(file) || !literal.test(line)),
        )
        .map(
          ({ index, columns }) =>
            `${file.path}:${index + 1}: ${columns} columns wide, at most ${columnsMax}`,
        );
    });

/** Lines, from 0, on which a string, a template or a regular expression stands, or goes on. */
function linesOfLiterals(text: string): Set<number> {
  const lines = new Set<number>();
  const source = ts.createSourceFile('a.tsx', text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isLiteralExpression(node) || ts.isTemplateExpression(node) || ts.isJsxText(node)) {
      const last = source.getLineAndCharacterOfPosition(node.end).line;
      let { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      while (line <= last) lines.add(line++);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

/** Lines, from 0, inside of a Python string of several lines that is no docstring. */
function linesOfStrings(text: string): Set<number> {
  const lines = new Set<number>();
  const bare = text.replace(/^\s*"""[^]*?"""/gm, (docstring) => docstring.replaceAll('"', ' '));
  let isInside = false;
  for (const [index, line] of bare.split('\n').entries()) {
    if (isInside) lines.add(index);
    if (line.split('"""').length % 2 === 0) isInside = !isInside;
  }
  return lines;
}

import ts from 'typescript';
import { isTypeScript, type Rule } from './source-files.ts';

/** Columns of a line, comments included: .prettierrc.json and pyproject.toml say the same. */
const columnsMax = 100;

/**
 * Files that formatters or people write. Recorded bytes are not text, and deploy/hatchery.toml, the
 * list of all keys, is a table.
 */
const isText = /\.(tsx?|js|py|css|html|sh|service|socket)$|(^|\/)hatchery$/;

/** Addresses, and directives to tools, which must be on the line they apply to. */
const unbreakable = /https?:\/\/\S+|# type: ignore|\/\/ eslint-disable|# shellcheck/;

/** A line of code with a literal. The formatters already break everything around it. */
const literal = /^[^#]*["'`]/;

/**
 * No line of code or comment is wider than 100 columns. Prettier wraps Markdown, except tables,
 * links and code blocks.
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

/** Lines, from 0, that contain a string, a template or a regular expression, or part of one. */
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

/** Lines, from 0, inside a multi-line Python string that is not a docstring. */
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

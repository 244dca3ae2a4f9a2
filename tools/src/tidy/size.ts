import ts from 'typescript';
import {
  isForTests,
  isTypeScript,
  type Problem,
  type Rule,
  type SourceFile,
} from './source-files.ts';

/** A file is one idea. A longer one is a smell that a comment can answer: see {@link answer}. */
const fileLinesMax = 250;

/** A function fits one screen. 80 lines of 100 columns hold what 60 lines of 120 held. */
const functionLinesMax = 80;

/** The first line of a long file, or a line at the head of a long function, that says why. */
const answer = /^\s*(?:\/\/|#) Long: \S.{10,}\.$/;

/** How many lines from the head of a function its answer may be. */
const headLines = 2;

/**
 * The directories with Python, and the table that says why each of their files has to be Python.
 */
const pythonDirectories = ['apps/forker/zygote', 'apps/cli/lock'];
const pythonTable = 'docs/decisions/0005-size-of-the-python-part.md';

/** No file is longer than this, unless its first line says why. */
export const fileLength: Rule = (files) =>
  files
    .filter(({ path }) => /\.(tsx?|py|js)$/.test(path))
    .flatMap(({ path, text }) => {
      const lines = countLines(text);
      const isAnswered = answer.test(text.split('\n', 1)[0] ?? '');
      if (lines > fileLinesMax && !isAnswered)
        return [
          `${path}:1: has ${lines} lines, at most ${fileLinesMax}: split it, or say why not (Long: …)`,
        ];
      if (lines <= fileLinesMax && isAnswered)
        return [
          `${path}:1: has ${lines} lines: nothing is left for its comment (Long: …) to answer`,
        ];
      return [];
    });

/** No function is longer than a screen, unless a line at its head says why. */
export const functionLength: Rule = (files) => files.filter(isTypeScript).flatMap(longFunctions);

/** Every Python file has its reason in {@link pythonTable}, and every reason its file. */
export const pythonReasons: Rule = (files) => {
  const table = files.find(({ path }) => path === pythonTable)?.text ?? '';
  return pythonDirectories.flatMap((directory) => {
    const [, section = ''] = table.split(`### \`${directory}\`\n`);
    const named = section
      .split(/^##/m, 1)
      .flatMap((rows) => Array.from(rows.matchAll(/^\| `([^`]+)` /gm), ([, name = '']) => name));
    const there = files
      .filter(
        (file) =>
          file.path.startsWith(`${directory}/`) && file.path.endsWith('.py') && !isForTests(file),
      )
      .map(({ path }) => path.slice(directory.length + 1));
    return [
      ...there
        .filter((name) => !named.includes(name))
        .map(
          (name) => `${directory}/${name}: has no row in ${pythonTable} that says why it is Python`,
        ),
      ...named
        .filter((name) => !there.includes(name))
        .map((name) => `${pythonTable}: has a row for ${directory}/${name}, which is not there`),
    ];
  });
};

function longFunctions(file: SourceFile): Problem[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const problems: Problem[] = [];
  const all = file.text.split('\n');
  const isAnswered = (first: number): boolean =>
    all
      .slice(Math.max(0, first - 1 - headLines), first + headLines)
      .some((line) => answer.test(line));
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && !isSuite(node)) {
      const [first, last] = [lineOf(source, node.getStart(source)), lineOf(source, node.end)];
      const lines = last - first + 1;
      if (lines > functionLinesMax && !isAnswered(first))
        problems.push(
          `${file.path}:${first}: a function of ${lines} lines, at most ${functionLinesMax}`,
        );
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return problems;
}

/** The body of `describe` is a list of tests, each a function of its own. */
function isSuite({ parent }: ts.Node): boolean {
  return ts.isCallExpression(parent) && /^(describe|suite)\b/.test(parent.expression.getText());
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

import ts from 'typescript';
import { isForTests, isTypeScript, type Problem, type Rule, type SourceFile } from './source-files.ts';

/** A file is one idea; what needs more lines than this has two. */
const fileLinesMax = 250;

/** A function is read in one glance, without scrolling. */
const functionLinesMax = 60;

/** Python is only what must live in Breezy's own process or reap it, and what hands on a process context: the size it has, with a little room (docs/decisions/0005-size-of-the-python-part.md). */
const pythonLinesMax: ReadonlyMap<string, number> = new Map([
  ['apps/forker/zygote', 4800],
  ['apps/cli/lock', 1200],
]);

/** Files that may be longer, each with its reason. */
const longFiles: ReadonlyMap<string, string> = new Map();

/** No file is longer than a reader's patience. */
export const fileLength: Rule = (files) =>
  files
    .filter(({ path }) => /\.(tsx?|py|js)$/.test(path) && !longFiles.has(path))
    .filter(({ text }) => countLines(text) > fileLinesMax)
    .map(({ path, text }) => `${path}:1: has ${countLines(text)} lines, at most ${fileLinesMax}`);

/** No function is longer than a screen. */
export const functionLength: Rule = (files) => files.filter(isTypeScript).flatMap(longFunctions);

/** The Python part stays small. */
export const pythonSize: Rule = (files) =>
  [...pythonLinesMax].flatMap(([directory, linesMax]) => {
    const python = files.filter(
      (file) => file.path.startsWith(`${directory}/`) && file.path.endsWith('.py') && !isForTests(file),
    );
    const lines = python.reduce((sum, { text }) => sum + countLines(text), 0);
    return lines > linesMax ? [`${directory}: has ${lines} lines of Python, at most ${linesMax}`] : [];
  });

function longFunctions(file: SourceFile): Problem[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const problems: Problem[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && !isSuite(node)) {
      const [first, last] = [lineOf(source, node.getStart(source)), lineOf(source, node.end)];
      const lines = last - first + 1;
      if (lines > functionLinesMax)
        problems.push(`${file.path}:${first}: a function of ${lines} lines, at most ${functionLinesMax}`);
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

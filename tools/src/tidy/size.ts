import ts from 'typescript';
import { isForTests, isTypeScript, type Problem, type Rule, type SourceFile } from './source-files.ts';

/** A file is one idea; what needs more lines than this has two. */
const fileLinesMax = 250;

/** A function is read in one glance, without scrolling. */
const functionLinesMax = 60;

/** Where Python stands, and where each of its files says why it has to be Python. */
const pythonDirectories = ['apps/forker/zygote', 'apps/cli/lock'];
const pythonTable = 'docs/decisions/0005-size-of-the-python-part.md';

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

/** Every Python file has its reason in {@link pythonTable}, and every reason its file. */
export const pythonReasons: Rule = (files) => {
  const table = files.find(({ path }) => path === pythonTable)?.text ?? '';
  return pythonDirectories.flatMap((directory) => {
    const [, section = ''] = table.split(`### \`${directory}\`\n`);
    const named = section
      .split(/^##/m, 1)
      .flatMap((rows) => Array.from(rows.matchAll(/^\| `([^`]+)` /gm), ([, name = '']) => name));
    const there = files
      .filter((file) => file.path.startsWith(`${directory}/`) && file.path.endsWith('.py') && !isForTests(file))
      .map(({ path }) => path.slice(directory.length + 1));
    return [
      ...there
        .filter((name) => !named.includes(name))
        .map((name) => `${directory}/${name}: has no row in ${pythonTable} that says why it is Python`),
      ...named
        .filter((name) => !there.includes(name))
        .map((name) => `${pythonTable}: has a row for ${directory}/${name}, which is not there`),
    ];
  });
};

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

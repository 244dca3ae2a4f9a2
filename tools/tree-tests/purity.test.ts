import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { listProjects } from '../src/nx/list-targets.ts';
import { isPure } from '../src/nx/projects.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pure = listProjects(root).filter(isPure);

/** What the compiler says of one more source file in a project, compiled as `tsc -p` does. */
function check(directory: string, text: string): string[] {
  const configPath = join(root, directory, 'tsconfig.json');
  const read = ts.readConfigFile(configPath, (path) => ts.sys.readFile(path));
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    read.config,
    ts.sys,
    join(root, directory),
  );
  const probe = join(root, directory, 'src/probe.ts');
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === probe || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path === probe
      ? ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
      : getSourceFile(path, ...rest);
  const program = ts.createProgram([...fileNames, probe], options, host);
  return program
    .getSemanticDiagnostics(program.getSourceFile(probe))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

/** Node, by each way to it. */
const ways = [
  "import 'node:fs';",
  "import { readFileSync } from 'node:fs'; readFileSync('a');",
  "import type { Socket } from 'node:net'; export type A = Socket;",
  "import { join } from 'path'; join('a');",
  'process.pid;',
  "Buffer.from('a');",
];

describe('a project that may not know Node', () => {
  it('is the page and each pure library', () => {
    const directories = pure.map(({ directory }) => directory);
    assert.deepEqual(directories, [
      'apps/dashboard/web',
      'libs/display',
      'libs/events',
      'libs/formats',
      'libs/locks',
      'libs/protocol',
    ]);
  });

  for (const { directory } of pure)
    it(`does not compile with Node in it: ${directory}`, () => {
      assert.deepEqual(check(directory, 'export const answer: number = 42;'), []);
      const text = ways.join('\n');
      const said = check(directory, text).join('\n');
      for (const name of ['node:fs', 'node:net', 'path', 'process', 'Buffer'])
        assert.match(said, new RegExp(`'${name}'`), `${name} in ${directory}: ${said}`);
      assert.equal(said.split('\n').length, ways.length, said);
    });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decisions,
  documentedCommands,
  machineTraces,
  readmes,
  testedProjects,
} from './documents.ts';
import {
  confinedImports,
  isolatedPython,
  namedExports,
  processAccess,
  telltaleNames,
} from './modules.ts';
import { noScripts } from './packages.ts';
import { fileLength, functionLength, pythonReasons } from './size.ts';
import type { Problem, Rule, SourceFile } from './source-files.ts';
import { lineWidth } from './width.ts';

function check(rule: Rule, path: string, text = ''): Problem[] {
  return rule([{ path, text }]);
}

describe('size', () => {
  it('accepts a file of 250 lines and refuses a longer one that does not say why', () => {
    assert.deepEqual(check(fileLength, 'libs/a/src/a.ts', 'a\n'.repeat(250)), []);
    assert.deepEqual(check(fileLength, 'a.py', 'a\n'.repeat(251)), [
      'a.py:1: has 251 lines, at most 250: split it, or say why not (Long: …)',
    ]);
    const answer = '// Long: a table of all that there is.\n';
    assert.deepEqual(check(fileLength, 'a.ts', answer + 'a\n'.repeat(250)), []);
    assert.equal(check(fileLength, 'a.ts', '// Long: so.\n' + 'a\n'.repeat(250)).length, 1);
    assert.deepEqual(check(fileLength, 'a.ts', answer + 'a\n'.repeat(200)), [
      'a.ts:1: has 201 lines: nothing is left for its comment (Long: …) to answer',
    ]);
  });

  it('accepts a function of 80 lines and refuses a longer one that does not say why', () => {
    const inClass = (lines: number): string => `class A {\n  b() {${'\n'.repeat(lines - 1)}}\n}`;
    assert.deepEqual(check(functionLength, 'a.ts', inClass(80)), []);
    assert.deepEqual(check(functionLength, 'a.ts', inClass(81)), [
      'a.ts:2: a function of 81 lines, at most 80',
    ]);
    assert.equal(check(functionLength, 'a.tsx', `const a = () => {${'\n'.repeat(90)}}`).length, 1);
    const answered = `// Long: a case for each event.\nconst a = () => {${'\n'.repeat(90)}}`;
    assert.deepEqual(check(functionLength, 'a.tsx', answered), []);
  });

  it('refuses a line of more than 100 columns, unless it cannot be broken', () => {
    const wide = 'x'.repeat(60);
    assert.deepEqual(check(lineWidth, 'a.ts', `f(${wide}, ${wide});`), [
      'a.ts:1: 126 columns wide, at most 100',
    ]);
    assert.equal(check(lineWidth, 'a.py', `# ${wide} ${wide}`).length, 1);
    assert.equal(check(lineWidth, 'a.py', `def a():\n    """${wide} ${wide}\n    """`).length, 0);
    assert.deepEqual(check(lineWidth, 'a.ts', `// ${'ä'.repeat(97)}`), []);
    assert.deepEqual(check(lineWidth, 'a.ts', `say('${wide} ${wide}');`), []);
    assert.deepEqual(check(lineWidth, 'a.ts', `/** https://example.org/${wide}${wide} */`), []);
    assert.deepEqual(check(lineWidth, 'a.ts', `const a = \`\n${wide} ${wide}\n\`;`), []);
    assert.deepEqual(check(lineWidth, 'golden/a.jsonl', `${wide} ${wide}`), []);
  });

  it('does not count a suite as a function, only the tests in it', () => {
    const long = '\n'.repeat(90);
    assert.deepEqual(check(functionLength, 'a.test.ts', `describe('a', () => {${long}});`), []);
    assert.equal(
      check(functionLength, 'a.test.ts', `describe('a', () => { it('b', () => {${long}}); });`)
        .length,
      1,
    );
  });

  it('requires a reason for each Python file that is not a test, and a file for each reason', () => {
    const table =
      '### `apps/forker/zygote`\n\n| `a.py` | it forks |\n| `gone.py` | it was |\n\n### `apps/cli/lock`\n\n| `main.py` | it locks |\n\n## Consequences\n';
    const file = (path: string): SourceFile => ({ path, text: '' });
    const problems = pythonReasons([
      { path: 'docs/decisions/0005-size-of-the-python-part.md', text: table },
      ...[
        'apps/forker/zygote/a.py',
        'apps/forker/zygote/test_a.py',
        'apps/forker/zygote/b.py',
        'apps/cli/lock/main.py',
      ].map(file),
    ]);
    assert.equal(problems.length, 2, problems.join('\n'));
    assert.match(problems[0] ?? '', /zygote\/b\.py: has no row/);
    assert.match(problems[1] ?? '', /zygote\/gone\.py, which is not there/);
  });
});

describe('modules', () => {
  it('refuses meaningless names, of folders and of files', () => {
    for (const path of [
      'libs/a/src/utils/b.ts',
      'a/helper.ts',
      'shared/a.ts',
      'a/common.test.ts',
    ]) {
      assert.equal(check(telltaleNames, path).length, 1, path);
    }
    assert.deepEqual(check(telltaleNames, 'libs/a/src/commonality.ts'), []);
  });

  it('refuses default exports and export *', () => {
    assert.equal(check(namedExports, 'a.ts', 'export default 1;').length, 1);
    assert.equal(check(namedExports, 'a.ts', "export type * from './b.ts';").length, 1);
    assert.deepEqual(check(namedExports, 'a.ts', "export { b } from './b.ts';"), []);
  });

  it('refuses ssh2 and ws outside their folders, in every form of import', () => {
    for (const line of [
      "import a from 'ssh2';",
      "import 'ws';",
      "await import('ws')",
      "} from 'ssh2/lib/x.js';",
    ]) {
      assert.equal(
        check(confinedImports, 'apps/ssh-gateway/src/session/a.ts', line).length,
        1,
        line,
      );
    }
    assert.deepEqual(
      check(confinedImports, 'apps/ssh-gateway/src/ssh/a.ts', "import a from 'ssh2';"),
      [],
    );
    assert.deepEqual(check(confinedImports, 'libs/a/src/a.test.ts', "import a from 'ws';"), []);
  });

  it('refuses Python that reads the variables of the user', () => {
    const run = (words: string): string => `execFileSync(systemPython, [${words}], {});`;
    assert.deepEqual(check(isolatedPython, 'apps/a/src/a.ts', run("'-I', '-c', ask")), []);
    assert.deepEqual(check(isolatedPython, 'apps/a/src/a.ts', run("\n  '-E', script")), []);
    assert.deepEqual(check(isolatedPython, 'apps/a/src/a.ts', `\n${run("'-c', ask")}`), [
      'apps/a/src/a.ts:2: Python is run without -E or -I as its first option',
    ]);
    assert.equal(check(isolatedPython, 'a.ts', "spawn('/usr/bin/python3', [script]);").length, 1);
  });

  it('refuses process.env and process.exit below main.ts', () => {
    assert.equal(check(processAccess, 'apps/a/src/a.ts', 'process.exit(1)').length, 1);
    assert.equal(check(processAccess, 'apps/a/src/a.ts', "process.env['A']").length, 1);
    assert.deepEqual(check(processAccess, 'apps/a/src/main.ts', 'process.exit(1)'), []);
    assert.deepEqual(check(processAccess, 'apps/a/src/a.ts', 'process.exitCode = 1'), []);
  });
});

describe('documents', () => {
  it('refuses an app without a README or with a long one', () => {
    assert.deepEqual(check(readmes, 'apps/a/src/a.ts'), ['apps/a: has no README.md']);
    assert.deepEqual(check(readmes, 'apps/a/README.md', 'a\n'.repeat(80)), []);
    assert.equal(check(readmes, 'apps/a/README.md', 'a\n'.repeat(81)).length, 1);
  });

  it('refuses a decision with another name or a missing section', () => {
    const text = '# A\n## Context\n## Decision\n## Consequences\n';
    assert.deepEqual(check(decisions, 'docs/decisions/0001-node-version.md', text), []);
    assert.equal(check(decisions, 'docs/decisions/1-Node.md', text).length, 1);
    assert.equal(check(decisions, 'docs/decisions/0001-a.md', '# A\n## Context\n').length, 2);
  });

  it('refuses a documented command that does not exist', () => {
    const rule = documentedCommands(['up']);
    assert.deepEqual(
      check(rule, 'README.md', '`./hatchery up` and `./hatchery test`, or ./hatchery --help'),
      [],
    );
    assert.deepEqual(check(rule, 'a/b.md', '\n./hatchery flyy'), [
      'a/b.md:2: there is no ./hatchery flyy',
    ]);
  });

  it('refuses traces of a machine and of a registry', () => {
    const [machine, registry] = [
      ['', 'work', 'x'].join('/'),
      '"resolved": "https:'.concat('//r/a.tgz"'),
    ];
    assert.equal(check(machineTraces, 'a.md', `see ${machine}`).length, 1);
    assert.equal(check(machineTraces, 'package-lock.json', registry).length, 1);
    assert.equal(check(machineTraces, '.npmrc', 'registry=https://r').length, 1);
    assert.deepEqual(check(machineTraces, '.npmrc', 'omit-lockfile-registry-resolved=true'), []);
  });

  it('refuses a project with sources and no test', () => {
    assert.deepEqual(check(testedProjects, 'libs/a/src/a.ts'), ['libs/a: has no test']);
    assert.deepEqual(check(testedProjects, 'libs/a/src/a.test.ts'), []);
  });

  it('refuses scripts that Nx would take for targets', () => {
    const manifest = (scripts: object, nx: object = {}): string => JSON.stringify({ scripts, nx });
    const test = { test: 'node --test' };
    assert.equal(check(noScripts, 'libs/a/package.json', manifest(test)).length, 1);
    assert.deepEqual(check(noScripts, 'package.json', manifest(test)), []);
    const none = manifest(test, { includedScripts: [] });
    assert.deepEqual(check(noScripts, 'libs/a/package.json', none), []);
    assert.deepEqual(check(noScripts, 'libs/a/package.json', '{}'), []);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { importCycles } from './cycles.ts';
import type { Problem } from './source-files.ts';

const packages = {
  'libs/a/package.json':
    '{ "name": "@hatchery/a", "exports": { ".": "./src/index.ts", "./b": "./src/b.ts" } }',
  'libs/c/package.json': '{ "name": "@hatchery/c", "exports": "./src/index.ts" }',
};

function check(files: Readonly<Record<string, string>>): Problem[] {
  return importCycles(
    Object.entries({ ...packages, ...files }).map(([path, text]) => ({ path, text })),
  );
}

describe('cycles between files', () => {
  const back: readonly (readonly [kind: string, line: string])[] = [
    ['a value', "import { a } from './a.ts';"],
    ['a type', "import type { A } from './a.ts';"],
    ['a type among values', "import { type A } from './a.ts';"],
    ['an effect', "import './a.ts';"],
    ['an export', "export { a } from './a.ts';"],
    ['an export of a type', "export type { A } from './a.ts';"],
    ['a type in a type', "type A = import('./a.ts').A;"],
    ['a later import', "const a = await import('./a.ts');"],
  ];
  for (const [kind, line] of back)
    it(`are refused when the way back is ${kind}`, () => {
      const files = { 'libs/a/src/a.ts': "import { b } from './b.ts';", 'libs/a/src/b.ts': line };
      assert.deepEqual(check(files), [
        'libs/a/src/a.ts:1: imports itself: libs/a/src/a.ts → libs/a/src/b.ts → libs/a/src/a.ts',
      ]);
    });

  it('are found through folders, packages and their entries', () => {
    const files = {
      'libs/a/src/index.ts': "export { c } from '@hatchery/c';",
      'libs/a/src/b.ts': "import { d } from '../../../libs/a/src/index.ts';",
      'libs/c/src/index.ts': "import type { B } from '@hatchery/a/b';",
    };
    assert.deepEqual(check(files), [
      'libs/a/src/index.ts:1: imports itself: libs/a/src/index.ts → libs/c/src/index.ts → libs/a/src/b.ts → libs/a/src/index.ts',
    ]);
  });

  it('are refused in a file that imports itself, and in a page', () => {
    assert.equal(check({ 'a.ts': "import type { A } from './a.ts';" }).length, 1);
    assert.equal(
      check({ 'a.tsx': "import { B } from './b.tsx';", 'b.tsx': "import { A } from './a.tsx';" })
        .length,
      1,
    );
  });

  it('are not reported where two paths lead to one file, nor in comments and strings', () => {
    const files = {
      'a.ts': "import { b } from './b.ts';\nimport { c } from './c.ts';",
      'b.ts': "import { c } from './c.ts';",
      'c.ts': `// import './a.ts';\nconst text = "import './a.ts'";\nimport fs from 'node:fs';`,
    };
    assert.deepEqual(check(files), []);
  });
});
